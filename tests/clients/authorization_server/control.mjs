// The test interface of the authorization server.

/** Answers one request under `/test/`; `undefined` for an unknown command. */
export async function control(command, parameters, state, resourceServer) {
  switch (command) {
    case "rotate": // { keep: bool }
      state.rotate(parameters.keep ?? false);
      return { keys: state.keys.map(({ alg, kid }) => ({ alg, kid })) };
    case "down":
    case "up":
      state.down = command === "down";
      return { down: state.down };
    case "counts":
      return state.counts;
    case "resource": // { resource, format: "jwt" | "opaque", alg, scope, ttl, audience }
      state.resources.set(parameters.resource, parameters);
      return {};
    case "token":
      return { access_token: await token(parameters, state, resourceServer) };
    case "id_token":
      return { id_token: await idToken(parameters, state) };
    default:
      return undefined;
  }
}

/** `{ user, client, scopes: […], resource, ttl, claims: {…}, iat }`; without a user, a token of the client itself. */
async function token(parameters, { provider }, resourceServer) {
  const client = await provider.Client.find(parameters.client ?? "desktop");
  const scope = (parameters.scopes ?? []).join(" ");
  const about = { client, scope: scope || undefined, extra: parameters.claims };
  let token;
  if (parameters.user) {
    const grant = new provider.Grant({ accountId: parameters.user, clientId: client.clientId });
    if (scope) grant.addResourceScope(parameters.resource, scope);
    const grantId = await grant.save();
    token = new provider.AccessToken({ ...about, accountId: parameters.user, grantId });
  } else {
    token = new provider.ClientCredentials(about);
  }
  const resource = resourceServer(parameters.resource);
  token.resourceServer = new provider.ResourceServer(parameters.resource, resource);
  token.expiresIn = parameters.ttl ?? resource.accessTokenTTL;
  return token.save();
}

/** `{ user, client, audience }`: an ID token after a sign-in. Its audience is the client by default. */
async function idToken(parameters, { provider }) {
  const known = await provider.Client.find(parameters.client);
  const client = Object.create(known, { clientId: { value: parameters.audience ?? known.clientId } });
  const token = new provider.IdToken({ sub: parameters.user }, { client });
  token.scope = "openid";
  return token.issue({ use: "idtoken" });
}
