import { createHash } from "node:crypto";
import { type Answer, type Endpoint, shared } from "@biped/listener";
import { createServerMetadata, type ScopeCatalogue } from "@biped/protocol";
import type { RevocationFeed } from "../revocation-feed/revocation-feed.ts";
import { keySetMaxAgeSeconds } from "../signing/key-life-cycle.ts";
import type { KeyRing } from "../signing/key-ring.ts";
import type { Storage } from "../storage/storage.ts";

export type MetadataParts = {
  readonly issuer: string;
  readonly catalogue: ScopeCatalogue;
  readonly storage: Pick<Storage, "listClouds">;
  readonly feed: Pick<RevocationFeed, "publicKeys">;
};

/** GET /.well-known/oauth-authorization-server (RFC 8414). The issuer is configuration, never the Host header. */
export function createMetadataEndpoint({ issuer, catalogue, storage, feed }: MetadataParts): Endpoint {
  // Anybody may ask, as often as they like.
  const listClouds = shared(() => storage.listClouds());
  return async (request) => {
    const cloudEndpoints = (await listClouds()).map((cloud) => cloud.endpoint);
    const facts = { issuer, scopes: [...catalogue.keys()], cloudEndpoints, revocationKeys: feed.publicKeys };
    return answerDocument(createServerMetadata(facts), request.ifNoneMatch);
  };
}

/** GET /.well-known/jwks.json (RFC 7517 §5): every key that signs, will sign, or has signed a token still alive. */
export function createKeySetEndpoint(keyRing: Pick<KeyRing, "keySet">): Endpoint {
  return (request) => answerDocument(keyRing.keySet(), request.ifNoneMatch);
}

/** RFC 9110 §13.1.2: `*` names whatever there is, and the comparison is the weak one. */
function answerDocument(body: object, ifNoneMatch: string | undefined): Answer {
  const etag = `"${createHash("sha256").update(JSON.stringify(body)).digest("base64url")}"`;
  const headers = { etag, "cache-control": `public, max-age=${keySetMaxAgeSeconds}` };
  const known = ifNoneMatch?.split(",").some((tag) => ["*", etag, `W/${etag}`].includes(tag.trim()));
  return known === true ? { status: 304, body: undefined, headers } : { status: 200, body, headers };
}
