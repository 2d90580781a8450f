// Requests to `/test/…`, by which tests control the authorization server. `state` is the server's state, and
// `resourceServer` returns its settings of access tokens for a resource.

/** Runs the command of a request to `/test/COMMAND`, and returns its result; `undefined` for an unknown command. */
export async function control(command, parameters, state, resourceServer) {
  switch (command) {
    case "rotate": // { keep: bool }
      state.rotate(parameters.keep ?? false);
      return { keys: state.keys.map(({ alg, kid }) => ({ alg, kid })) };
    case "down": // Starts and ends a simulated outage.
    case "up":
      state.down = command === "down";
      return { down: state.down };
    case "counts": // Number of requests by path.
      return state.counts;
    case "resource": // { resource, format: "jwt" | "opaque", alg, scope, ttl, audience }
      // Sets how access tokens for the resource are issued.
      state.resources.set(parameters.resource, parameters);
      return {};
    case "token":
      return { access_token: await issueToken(parameters, state, resourceServer) };
    case "id_token":
      return { id_token: await issueIdToken(parameters, state) };
    default:
      return undefined;
  }
}

/**
 * Issues an access token. Parameters: `{ user, client, scopes: […], resource, ttl, claims: {…} }`. Without `user`, the
 * token belongs to the client itself.
 */
async function issueToken(parameters, { provider }, resourceServer) {
  const client = await provider.Client.find(parameters.client ?? "desktop");
  const scope = (parameters.scopes ?? []).join(" ");
  const options = { client, scope: scope || undefined, extra: parameters.claims };
  let token;
  if (parameters.user) {
    const grant = new provider.Grant({ accountId: parameters.user, clientId: client.clientId });
    if (scope) grant.addResourceScope(parameters.resource, scope);
    const grantId = await grant.save();
    token = new provider.AccessToken({ ...options, accountId: parameters.user, grantId });
  } else {
    token = new provider.ClientCredentials(options);
  }
  const resource = resourceServer(parameters.resource);
  token.resourceServer = new provider.ResourceServer(parameters.resource, resource);
  token.expiresIn = parameters.ttl ?? resource.accessTokenTTL;
  return token.save();
}

/** Issues an ID token. Parameters: `{ user, client, audience }`. The audience is the client by default. */
async function issueIdToken(parameters, { provider }) {
  const registered = await provider.Client.find(parameters.client);
  const client = Object.create(registered, { clientId: { value: parameters.audience ?? registered.clientId } });
  const token = new provider.IdToken({ sub: parameters.user }, { client });
  token.scope = "openid";
  return token.issue({ use: "idtoken" });
}
