// `search_orders` with the TypeScript SDK on `node:http`: one server per request, as the SDK's documentation shows,
// plain JSON responses, enforced schemas.

import { createServer } from 'node:http';

import {
  localhostHostValidation,
  localhostOriginValidation,
  NodeStreamableHTTPServerTransport,
  toNodeHandler,
} from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import * as z from 'zod';

const status = z.enum(['open', 'paid', 'closed']);
const search = z.object({
  query: z.string().min(1).max(64).regex(/^[a-z0-9 -]+$/),
  limit: z.int().min(1).max(100),
  status,
  tags: z.array(z.string().max(16)).max(8),
});
const found = z.object({ query: z.string(), limit: z.int(), status, tags: z.int() });

const names = ['search_orders'];
// The second argument is the number of all tools, `search_orders` included.
for (let number = 1; number < Number(process.argv[3] ?? 1); number += 1) {
  names.push(`search_orders_n${String(number).padStart(4, '0')}`);
}

function orders() {
  const server = new McpServer({ name: 'orders', version: '1.0.0' });
  const contract = {
    description: 'Search orders.',
    inputSchema: search,
    outputSchema: found,
    annotations: { readOnlyHint: true },
  };
  for (const name of names) {
    server.registerTool(name, contract, async ({ query, limit, status, tags }) => {
      const structuredContent = { query, limit, status, tags: tags.length };
      return { content: [{ type: 'text', text: JSON.stringify(structuredContent) }], structuredContent };
    });
  }
  return server;
}

const validHost = localhostHostValidation();
const validOrigin = localhostOriginValidation();
// Modern is 2026-07-28, and legacy is 2025-11-25.
const handleModern = toNodeHandler(createMcpHandler(orders, { legacy: 'reject' }));

// The SDK's handler for both protocol eras answers 2025-11-25 only with event streams. A transport per request answers
// with plain JSON, which is faster.
async function handleLegacy(request, response) {
  const transport = new NodeStreamableHTTPServerTransport({
    sessionIdGenerator: undefined,
    enableJsonResponse: true,
  });
  await orders().connect(transport);
  await transport.handleRequest(request, response);
}

const [host, port] = process.argv[2].split(':');
createServer(async (request, response) => {
  if (!validHost(request, response) || !validOrigin(request, response)) return;
  const isModern = request.headers['mcp-protocol-version'] === '2026-07-28';
  await (isModern ? handleModern : handleLegacy)(request, response);
}).listen(Number(port), host);
