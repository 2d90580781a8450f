// Calls tools with the official client of the tasks extension, over HTTP: `typescript_tasks.mjs URL`. In this
// extension, a call can continue as a task, whose state the client requests.

import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { createTaskSessionFromClient, resultFromTaskOutcome } from "@modelcontextprotocol/ext-tasks/client";

const [url] = process.argv.slice(2);
const protocolVersion = "2026-07-28";
const clientInfo = { name: "tasks", version: "1" };
const capabilities = { elicitation: {}, extensions: { "io.modelcontextprotocol/tasks": {} } };
const client = new Client(clientInfo, { capabilities, versionNegotiation: { mode: "auto" } });
await client.connect(new StreamableHTTPClientTransport(new URL(url)));

// Sends each request of the session below, because `Client` can't encode requests of the extension. `methods` lists
// their methods.
let sent = 0;
const methods = [];
async function rawDispatch(request, options) {
  const { method, params } = request;
  methods.push(method);
  const response = await fetch(url, {
    method: "POST",
    headers: {
      Accept: "application/json, text/event-stream",
      "Content-Type": "application/json",
      "MCP-Protocol-Version": protocolVersion,
      "Mcp-Method": method,
      "Mcp-Name": params.name ?? params.taskId,
      ...options?.context?.headers,
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: `raw-${(sent += 1)}`, method, params }),
    signal: options?.signal,
  });
  const { result, error } = await response.json();
  return error ? { kind: "error", error } : { kind: "result", result };
}

const session = createTaskSessionFromClient(client, {
  endpointId: "specimen",
  rawDispatch,
  v2RequestFraming: { protocolVersion, clientInfo, clientCapabilities: capabilities },
  onInputRequest: async () => ({ action: "accept", content: { number: 7 } }),
});
const text = (result) => result.content[0].text;
// Waits for the end of a call; returns `task` or `immediate`, and the text of the result.
const settle = async (execution) => [execution.kind, text(resultFromTaskOutcome((await execution.settle()).outcome))];

const waited = await settle(await session.callTool("computes", { milliseconds: 50 }));
const asked = await settle(await session.callTool("computes", { milliseconds: 1, ask: true }));
const immediate = await settle(await session.callTool("computes_alone", {}));
// Runs longer than the test, unless it is cancelled.
const endless = await session.callTool("computes", { milliseconds: 60_000 });
await endless.cancel();
const cancelled = (await endless.settle()).outcome.status;
await session.close();
await client.close();
console.log(JSON.stringify({ waited, asked, atOnce: immediate, cancelled, methods: [...new Set(methods)].sort() }));
