// Runs the scenario with the older official TypeScript SDK: `typescript_sdk.mjs legacy URL`, or the command of a server
// instead of the URL. The SDK supports only 2025-11-25, so the mode is ignored.

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ElicitRequestSchema, LoggingMessageNotificationSchema } from "@modelcontextprotocol/sdk/types.js";

import { answer, capabilities, run } from "./scenario.mjs";

const [, target, ...args] = process.argv.slice(2);
const client = new Client({ name: "typescript", version: "1" }, { capabilities });
const logs = [];
client.setRequestHandler(ElicitRequestSchema, answer);
client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => void logs.push(params));
const transport = target.startsWith("http")
  ? new StreamableHTTPClientTransport(new URL(target))
  : new StdioClientTransport({ command: target, args });
let protocol;
// The SDK tells the negotiated version only to the transport.
const setVersion = transport.setProtocolVersion?.bind(transport);
transport.setProtocolVersion = (version) => {
  protocol = version;
  setVersion?.(version);
};
await client.connect(transport);
console.log(JSON.stringify(await run(client, () => protocol, logs)));
await client.close();
