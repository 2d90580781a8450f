// The official TypeScript client hears that tools are switched off and on: `typescript_listens.mjs legacy|auto PROGRAM
// CONTROL_FILE URL`, or a command instead of the URL.

import { execFileSync } from "node:child_process";

import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

const [mode, program, control, target, ...args] = process.argv.slice(2);
const changes = [];
let told;
const onChanged = (error, tools) => {
  changes.push(error ? String(error) : tools.some((tool) => tool.name === "echo"));
  told?.();
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
// In a session, the stream on which it listens may be opened after it has connected.
await new Promise((resolve) => setTimeout(resolve, 500));
for (const order of ["disable", "enable"]) {
  const heard = new Promise((resolve) => (told = resolve));
  execFileSync(program, [order, "--tool", "echo", "--control-file", control]);
  await heard;
}
console.log(JSON.stringify({ protocol: client.getNegotiatedProtocolVersion(), listed, changes }));
await client.close();
