// Grants that `oidc-provider` lacks: token exchange (RFC 8693), and both sides of enterprise-managed authorization.
// The enterprise's identity provider issues an ID-JAG (an identity assertion) for a user, and the authorization server
// of the MCP server exchanges the ID-JAG for an access token.

import { createPrivateKey, createPublicKey, randomUUID } from "node:crypto";

import { SignJWT, createLocalJWKSet, createRemoteJWKSet, decodeJwt, jwtVerify } from "jose";
import { errors } from "oidc-provider";

import { signingKey } from "./storage.mjs";

const { InvalidGrant, InvalidRequest, InvalidTarget } = errors;
export const TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
export const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";
// Prefix of the types of tokens.
const TYPE = "urn:ietf:params:oauth:token-type:";
// The `typ` in the header of an ID-JAG.
const ID_JAG = "oauth-id-jag+jwt";
// Parameters of a token exchange.
const PARAMETERS = [
  ...["subject_token", "subject_token_type", "requested_token_type", "actor_token", "actor_token_type"],
  ...["audience", "resource", "scope"],
];

/** Returns the public JWK of a private JWK. */
const publicKey = (key) => ({
  ...createPublicKey({ key, format: "jwk" }).export({ format: "jwk" }),
  kid: key.kid,
  alg: key.alg,
});

/**
 * Registers the grants with a provider. `state` is the state of the authorization server, and `resourceServer` returns
 * its settings of access tokens for a resource.
 */
export function registerGrants(provider, state, resourceServer) {
  const key = (alg) => createPrivateKey({ key: signingKey(state.keys, alg), format: "jwk" });

  /**
   * Returns the user of a subject token, and its actor (`act`, RFC 8693) if an earlier exchange issued it. A JWT access
   * token is verified by its signature, because the provider doesn't store it.
   */
  async function subject(type, value, client) {
    if (type === `${TYPE}access_token` && value.split(".").length === 3) {
      const keys = createLocalJWKSet({ keys: [...state.keys, ...state.retired].map(publicKey) });
      const { payload } = await jwtVerify(value, keys, { issuer: state.issuer, typ: "at+jwt" }).catch(() => ({}));
      if (payload) return { user: payload.sub, act: payload.act };
    } else if (type === `${TYPE}access_token`) {
      const token = await provider.AccessToken.find(value);
      if (token) return { user: token.accountId, act: token.extra?.act };
    } else if (type === `${TYPE}refresh_token`) {
      const token = await provider.RefreshToken.find(value);
      if (token?.clientId === client.clientId) return { user: token.accountId };
    } else if (type === `${TYPE}id_token`) {
      const token = await provider.IdToken.validate(value, client).catch(() => undefined);
      if (token) return { user: token.payload.sub };
    }
    throw new InvalidGrant("the subject token is invalid");
  }

  /** Issues an access token. It has the requested scopes, except those that the resource doesn't offer. */
  async function accessToken(client, accountId, resource, scope, extra) {
    const settings = resourceServer(resource);
    const offered = new Set(settings.scope.split(" "));
    const scopes = (scope ?? "").split(" ").filter((each) => offered.has(each)).join(" ");
    const grant = new provider.Grant({ accountId, clientId: client.clientId });
    if (scopes) grant.addResourceScope(resource, scopes);
    const grantId = await grant.save();
    const token = new provider.AccessToken({ accountId, client, grantId, scope: scopes, extra });
    token.resourceServer = new provider.ResourceServer(resource, settings);
    token.expiresIn = settings.accessTokenTTL;
    const value = await token.save();
    return { access_token: value, token_type: "Bearer", expires_in: token.expiresIn, scope: scopes };
  }

  /** Exchanges a subject token for an ID-JAG or an access token. */
  async function exchange(ctx) {
    const { client, params } = ctx.oidc;
    const { user, act } = await subject(params.subject_token_type, params.subject_token, client);
    if (params.requested_token_type === `${TYPE}id-jag`) {
      const claims = { client_id: client.clientId, resource: params.resource, scope: params.scope };
      const assertion = await new SignJWT({ ...claims, tenant: "acme" })
        .setProtectedHeader({ alg: "RS256", typ: ID_JAG, kid: signingKey(state.keys, "RS256").kid })
        .setIssuer(state.issuer)
        .setSubject(user)
        .setAudience(params.audience)
        .setJti(randomUUID())
        .setIssuedAt()
        .setExpirationTime("5m")
        .sign(key("RS256"));
      const kind = { issued_token_type: `${TYPE}id-jag`, token_type: "N_A" };
      ctx.body = { access_token: assertion, ...kind, scope: params.scope, expires_in: 300 };
      return;
    }
    if (!params.resource) throw new InvalidTarget("`resource` is missing");
    const actor = { sub: client.clientId, ...(act && { act }) };
    const token = await accessToken(client, user, params.resource, params.scope, { act: actor });
    ctx.body = { ...token, issued_token_type: `${TYPE}access_token` };
  }

  /** Exchanges an ID-JAG of a trusted issuer for an access token. Each ID-JAG is accepted once. */
  async function redeem(ctx) {
    const { client, params } = ctx.oidc;
    if (!params.assertion) throw new InvalidRequest("`assertion` is missing");
    const { iss } = decodeJwt(params.assertion);
    if (!state.trusted.includes(iss)) throw new InvalidGrant("the issuer is not trusted");
    const keys = createRemoteJWKSet(new URL(`${iss}/jwks`));
    const { payload } = await jwtVerify(params.assertion, keys, {
      audience: state.issuer,
      issuer: iss,
      requiredClaims: ["exp", "jti", "client_id", "resource"],
      typ: ID_JAG,
    }).catch(({ message }) => {
      throw new InvalidGrant(message);
    });
    if (payload.client_id !== client.clientId) throw new InvalidGrant("the assertion belongs to another client");
    if (!(await provider.ReplayDetection.unique(iss, payload.jti, payload.exp))) {
      throw new InvalidGrant("the assertion was used before");
    }
    const { sub, resource, scope, tenant } = payload;
    ctx.body = await accessToken(client, sub, resource, scope, { tenant });
  }

  provider.registerGrantType(TOKEN_EXCHANGE, exchange, PARAMETERS);
  provider.registerGrantType(JWT_BEARER, redeem, ["assertion", "scope", "resource"]);
}
