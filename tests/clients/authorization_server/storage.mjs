// Storage and keys of the authorization server.

import { generateKeyPairSync, randomUUID } from "node:crypto";

const now = () => Date.now() / 1000;

/**
 * Storage adapter: `oidc-provider` calls the methods. All data is in `map`. A key rotation creates a new provider, which
 * uses the same `map`. `model` is a kind of stored object, such as `AccessToken`.
 */
export class Storage {
  constructor(model, map) {
    this.model = model;
    this.map = map;
  }

  key(id) {
    return `${this.model}:${id}`;
  }

  async upsert(id, payload, expiresIn) {
    this.map.set(this.key(id), { payload, until: expiresIn ? now() + expiresIn : Infinity });
  }

  async find(id) {
    const found = this.map.get(this.key(id));
    return found && found.until > now() ? found.payload : undefined;
  }

  async #findBy(member, value) {
    const prefix = this.key("");
    for (const [key, { payload }] of this.map) {
      if (key.startsWith(prefix) && payload[member] === value) return this.find(key.slice(prefix.length));
    }
    return undefined;
  }

  findByUid(uid) {
    return this.#findBy("uid", uid);
  }

  findByUserCode(code) {
    return this.#findBy("userCode", code);
  }

  async consume(id) {
    this.map.get(this.key(id)).payload.consumed = Math.floor(now());
  }

  async destroy(id) {
    this.map.delete(this.key(id));
  }

  async revokeByGrantId(grantId) {
    const prefix = this.key("");
    for (const [key, { payload }] of this.map) {
      if (key.startsWith(prefix) && payload.grantId === grantId) this.map.delete(key);
    }
  }
}

// Type and options of the key for each algorithm.
const KINDS = {
  RS256: ["rsa", { modulusLength: 2048 }],
  PS256: ["rsa", { modulusLength: 2048 }],
  ES256: ["ec", { namedCurve: "P-256" }],
  ES384: ["ec", { namedCurve: "P-384" }],
  EdDSA: ["ed25519", {}],
};

/** Generates one private key for each algorithm. */
export function newKeys() {
  return Object.entries(KINDS).map(([alg, kind]) => ({
    ...generateKeyPairSync(...kind).privateKey.export({ format: "jwk" }),
    alg,
    use: "sig",
    kid: randomUUID(),
  }));
}

/** Returns the key for an algorithm. */
export function signingKey(keys, alg) {
  const key = keys.find((key) => key.alg === alg);
  if (!key) throw new Error(`no key for ${alg}; available: ${Object.keys(KINDS)}`);
  return key;
}
