// Reports the notifications that the official TypeScript client receives when tools are disabled and enabled:
// `typescript_list_changed.mjs legacy|auto PROGRAM CONTROL_FILE URL`, or the command of a server instead of the URL.
// PROGRAM is the server's program: its commands `disable` and `enable` write to CONTROL_FILE, which the server reads.
// With `legacy`, the client uses 2025-11-25, and with `auto` the newest protocol revision that the server supports,
// 2026-07-28.

import { execFileSync } from "node:child_process";

import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

const [mode, program, control, target, ...args] = process.argv.slice(2);
// For each notification, `true` if the tool `echo` is listed.
const changes = [];
let resolveChange;
const onChanged = (error, tools) => {
  changes.push(error ? String(error) : tools.some((tool) => tool.name === "echo"));
  resolveChange?.();
};
const client = new Client(
  { name: "typescript", version: "2" },
  { versionNegotiation: { mode }, listChanged: { tools: { onChanged, debounceMs: 0 } } },
);
const transport = target.startsWith("http")
  ? new StreamableHTTPClientTransport(new URL(target))
  : new StdioClientTransport({ command: target, args });
await client.connect(transport);
const listed = (await client.listTools()).tools.some((tool) => tool.name === "echo");
// In a session of 2025-11-25, the client opens the stream of notifications some time after it is connected.
await new Promise((resolve) => setTimeout(resolve, 500));
for (const command of ["disable", "enable"]) {
  const changed = new Promise((resolve) => (resolveChange = resolve));
  execFileSync(program, [command, "--tool", "echo", "--control-file", control]);
  await changed;
}
console.log(JSON.stringify({ protocol: client.getNegotiatedProtocolVersion(), listed, changes }));
await client.close();
