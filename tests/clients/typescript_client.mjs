// The official TypeScript client: `typescript_client.mjs legacy|auto URL`, or a command instead of the URL.

import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

import { run } from "./scenario.mjs";

const [mode, target, ...args] = process.argv.slice(2);
const client = new Client({ name: "typescript", version: "2" }, { versionNegotiation: { mode } });
const transport = target.startsWith("http")
  ? new StreamableHTTPClientTransport(new URL(target))
  : new StdioClientTransport({ command: target, args });
await client.connect(transport);
console.log(JSON.stringify(await run(client, () => client.getNegotiatedProtocolVersion())));
await client.close();
