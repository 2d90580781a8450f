// Runs the scenario with the official TypeScript client: `typescript_client.mjs legacy|auto URL`, or the command of a
// server instead of the URL. With `legacy`, the client uses 2025-11-25, and with `auto` the newest protocol revision
// that the server supports, 2026-07-28.

import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

import { answer, capabilities, run } from "./scenario.mjs";

const [mode, target, ...args] = process.argv.slice(2);
const client = new Client({ name: "typescript", version: "2" }, { capabilities, versionNegotiation: { mode } });
const logs = [];
client.setRequestHandler("elicitation/create", answer);
client.setNotificationHandler("notifications/message", ({ params }) => void logs.push(params));
const transport = target.startsWith("http")
  ? new StreamableHTTPClientTransport(new URL(target))
  : new StdioClientTransport({ command: target, args });
await client.connect(transport);
console.log(JSON.stringify(await run(client, () => client.getNegotiatedProtocolVersion(), logs)));
await client.close();
