// A real authorization server on a free port: `oidc-provider`, with automatic sign-in and consent. When it is ready, it
// prints one JSON line with its issuer, its clients and their secrets, and its scopes. It exits when its stdin ends.
//   authorization_server.mjs [--trust ISSUER]…   issuers whose ID-JAGs (identity assertions) the server accepts
// Requests to `/test/…` control the server: they rotate keys, simulate outages, count requests, and issue tokens.

import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { parseArgs } from "node:util";

import { Provider, errors } from "oidc-provider";

import { Storage, newKeys, signingKey } from "./authorization_server/storage.mjs";
import { JWT_BEARER, TOKEN_EXCHANGE, registerGrants } from "./authorization_server/grants.mjs";
import { control } from "./authorization_server/control.mjs";

const { values } = parseArgs({ options: { trust: { type: "string", multiple: true, default: [] } } });

const server = createServer();
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const issuer = `http://127.0.0.1:${server.address().port}`;

const secret = () => randomBytes(24).toString("base64url");

const confidential = (client_id, ...grant_types) => ({
  client_id,
  client_secret: secret(),
  grant_types,
  redirect_uris: [],
  response_types: [],
  token_endpoint_auth_method: "client_secret_basic",
});
const clients = [
  // The MCP server under test. It uses introspection and token exchange.
  confidential("server", "client_credentials", TOKEN_EXCHANGE),
  // An agent that acts without a user. In tests of ID-JAGs it is also a client of the enterprise's identity provider.
  confidential("agent", "client_credentials", "refresh_token", TOKEN_EXCHANGE, JWT_BEARER),
  // A desktop application, a public client.
  {
    client_id: "desktop",
    application_type: "native",
    grant_types: ["authorization_code", "refresh_token"],
    redirect_uris: ["http://127.0.0.1/callback"],
    response_types: ["code"],
    token_endpoint_auth_method: "none",
  },
];

const SCOPES = [
  ...["specimen:read", "specimen:admin", "specimen:destroy"],
  ...["invoices:read", "invoices:write", "invoices:delete", "invoices:destroy"],
];
// Tenants of users. Any other user is of `acme`.
const TENANTS = { ann: "acme", bob: "acme", zoe: "globex" };

/** State that a new provider takes over when keys are rotated. Tests change it through `/test/…`. */
const state = {
  issuer,
  trusted: values.trust,
  storage: new Map(),
  keys: newKeys(),
  // Former keys that are still published.
  retired: [],
  // Settings of access tokens by resource: `{ format, alg, scope, ttl, audience }`, each with a default.
  resources: new Map(),
  // Number of requests by path.
  counts: {},
  // Simulated outage: only requests to `/test/…` are answered.
  down: false,
  rotate,
};

/** Returns the settings of access tokens for a resource, as `oidc-provider` expects them. */
function resourceServer(resource) {
  const { format = "jwt", alg = "RS256", scope = SCOPES.join(" "), ttl = 300, audience = resource } =
    state.resources.get(resource) ?? {};
  return {
    scope,
    audience,
    accessTokenFormat: format,
    accessTokenTTL: ttl,
    jwt: format === "jwt" ? { sign: { alg, kid: signingKey(state.keys, alg).kid } } : undefined,
  };
}

/** Creates the provider with the current keys. */
function createProvider() {
  const provider = new Provider(issuer, {
    adapter: (model) => new Storage(model, state.storage),
    clients,
    jwks: { keys: [...state.keys, ...state.retired] },
    cookies: { keys: ["for tests"] },
    responseTypes: ["code"],
    scopes: ["openid", "offline_access"],
    claims: { openid: ["sub", "tenant"] },
    findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub, tenant: TENANTS[sub] ?? "acme" }) }),
    extraTokenClaims: (context, token) => ({
      tenant: TENANTS[token.accountId] ?? "acme",
      auth_time: (context?.oidc.entities.AuthorizationCode ?? context?.oidc.entities.RefreshToken)?.authTime,
      // Claims that a test or a grant adds.
      ...token.extra,
    }),
    issueRefreshToken: (_, client) => client.grantTypeAllowed("refresh_token"),
    expiresWithSession: () => false,
    // Confidential clients need PKCE, too, as OAuth 2.1 requires.
    pkce: { required: () => true },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    discovery: { authorization_grant_profiles_supported: ["urn:ietf:params:oauth:grant-profile:id-jag"] },
    ttl: { Session: 3600, Grant: 3600, Interaction: 600, RefreshToken: 3600, IdToken: 300 },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: (_, client) => client.clientAuthMethod !== "none" },
      revocation: { enabled: true, allowedPolicy: (_, client, token) => client.clientId === token.clientId },
      registration: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_, resource) => resourceServer(resource),
        // A token request without `resource` gets a token for the resource of its grant.
        useGrantedResource: () => true,
      },
    },
  });
  provider.on("server_error", (_, error) => console.error(error));
  // Logs the reason of a refusal, which the response does not contain.
  provider.on("grant.error", (_, error) => console.error(error.message, error.error_detail ?? ""));
  registerGrants(provider, state, resourceServer);
  return provider;
}

/**
 * Creates new keys. If `keep` is true, the server also publishes the old keys, so that tokens signed with them stay
 * valid. The provider reads its keys only once, so this also creates a new provider.
 */
function rotate(keep) {
  state.retired = keep ? [...state.keys, ...state.retired] : [];
  state.keys = newKeys();
  state.provider = createProvider();
}
state.provider = createProvider();

/**
 * Answers a page on which a person would sign in and consent. Signs in the user of the session, or else the user in
 * `login_hint`, or else `ann`. Consents to all requested scopes.
 */
async function interact(request, response) {
  const { provider } = state;
  const { params, session, grantId, prompt } = await provider.interactionDetails(request, response);
  const accountId = session?.accountId ?? params.login_hint ?? "ann";
  const result = { login: { accountId } };
  if (prompt.name === "consent") {
    const earlier = grantId && (await provider.Grant.find(grantId));
    const grant = earlier || new provider.Grant({ accountId, clientId: params.client_id });
    const { missingOIDCScope, missingOIDCClaims, missingResourceScopes } = prompt.details;
    if (missingOIDCScope) grant.addOIDCScope(missingOIDCScope);
    if (missingOIDCClaims) grant.addOIDCClaims(missingOIDCClaims);
    for (const [resource, scopes] of Object.entries(missingResourceScopes ?? {})) {
      grant.addResourceScope(resource, scopes);
    }
    result.consent = { grantId: await grant.save() };
  }
  await provider.interactionFinished(request, response, result);
}

async function readText(request) {
  const chunks = await request.toArray();
  return Buffer.concat(chunks).toString();
}

server.on("request", async (request, response) => {
  const { pathname } = new URL(request.url, issuer);
  try {
    if (pathname.startsWith("/test/")) {
      const parameters = JSON.parse((await readText(request)) || "{}");
      const result = await control(pathname.slice(6), parameters, state, resourceServer);
      response.writeHead(result ? 200 : 404, { "content-type": "application/json" });
      return response.end(JSON.stringify(result ?? {}));
    }
    if (state.down) return request.socket.destroy();
    // Paths that differ only in an id are counted together.
    const path = pathname.replace(/^(\/(auth|interaction|reg))\/.+/, "$1/…");
    state.counts[path] = (state.counts[path] ?? 0) + 1;
    if (pathname.startsWith("/interaction/")) return await interact(request, response);
    if (pathname === "/reg" && request.method === "POST") {
      // Removes `scope`, because a registered scope would limit later grants.
      const { scope, ...metadata } = JSON.parse(await readText(request));
      request.body = metadata;
    }
    await state.provider.callback()(request, response);
  } catch (error) {
    response.writeHead(error instanceof errors.OIDCProviderError ? 400 : 500, { "content-type": "text/plain" });
    response.end(String(error.stack));
  }
});

const secrets = clients.map(({ client_id, client_secret }) => [client_id, client_secret ?? null]);
console.log(JSON.stringify({ issuer, clients: Object.fromEntries(secrets), scopes: SCOPES }));
const exit = () => process.exit(0);
process.on("SIGTERM", exit);
process.stdin.on("end", exit).resume();
