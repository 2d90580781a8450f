// What tests do to the authorization server, and don't have to do by OAuth.

/** The answer to one request under `/test/`; none to one that isn't known. */
export async function control(what, asked, state, resourceServer) {
  switch (what) {
    case "rotate": // { keep: bool }
      state.turn(asked.keep ?? false);
      return { keys: state.keys.map(({ alg, kid }) => ({ alg, kid })) };
    case "down":
    case "up":
      state.down = what === "down";
      return { down: state.down };
    case "counts":
      return state.counts;
    case "resource": // { resource, format: "jwt" | "opaque", alg, scope, ttl, audience }
      state.resources.set(asked.resource, asked);
      return {};
    case "token":
      return { access_token: await token(asked, state, resourceServer) };
    case "id_token":
      return { id_token: await idToken(asked, state) };
    default:
      return undefined;
  }
}

/** `{ user, client, scopes: […], resource, ttl, claims: {…}, iat }`; without a user it is the client's own. */
async function token(asked, { provider }, resourceServer) {
  const client = await provider.Client.find(asked.client ?? "desktop");
  const scope = (asked.scopes ?? []).join(" ");
  const about = { client, scope: scope || undefined, extra: asked.claims };
  let token;
  if (asked.user) {
    const grant = new provider.Grant({ accountId: asked.user, clientId: client.clientId });
    if (scope) grant.addResourceScope(asked.resource, scope);
    const grantId = await grant.save();
    token = new provider.AccessToken({ ...about, accountId: asked.user, grantId });
  } else {
    token = new provider.ClientCredentials(about);
  }
  const resource = resourceServer(asked.resource);
  token.resourceServer = new provider.ResourceServer(asked.resource, resource);
  token.expiresIn = asked.ttl ?? resource.accessTokenTTL;
  return token.save();
}

/** `{ user, client, audience }`: what that client has once the user signed in. Its audience is the client. */
async function idToken(asked, { provider }) {
  const known = await provider.Client.find(asked.client);
  const client = Object.create(known, { clientId: { value: asked.audience ?? known.clientId } });
  const token = new provider.IdToken({ sub: asked.user }, { client });
  token.scope = "openid";
  return token.issue({ use: "idtoken" });
}
