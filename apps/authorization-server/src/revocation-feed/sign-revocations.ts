import { createPublicKey, sign } from "node:crypto";
import { formatRevocations, type RevocationDocument, revocationFeedType } from "@biped/protocol";
import { deriveRevocationFeedSeed, type KeyEncryptionKey } from "../signing/envelope.ts";
import { createSeededKey } from "../signing/seeded-key.ts";
import { createPublicJwk } from "../signing/signing-key.ts";

export type RevocationSigner = {
  /** JWKs: its own, and while the key-encryption key is replaced that of nodes which have the former one alone. */
  readonly publicKeys: readonly object[];
  /** A JWS in compact form (RFC 7515 §7.1). */
  readonly sign: (document: RevocationDocument) => string;
};

/** A key of its own, so that nobody who takes a token signs a feed with it, and the other way round. */
export function createRevocationSigner(kek: Pick<KeyEncryptionKey, "deriveSeed" | "former">): RevocationSigner {
  const { privateKey, publicKey } = createFeedKey(kek);
  const { former } = kek;
  const others = former !== undefined && "deriveSeed" in former ? [createFeedKey(former).publicKey] : [];
  const header = { typ: revocationFeedType, alg: "Ed25519", kid: publicKey.kid };
  const headerSegment = Buffer.from(JSON.stringify(header)).toString("base64url");
  return {
    publicKeys: [publicKey, ...others.filter(({ kid }) => kid !== publicKey.kid)],
    sign: (document) => {
      const content = `${headerSegment}.${Buffer.from(formatRevocations(document), "latin1").toString("base64url")}`;
      return `${content}.${sign(null, Buffer.from(content), privateKey).toString("base64url")}`;
    },
  };
}

function createFeedKey(kek: Pick<KeyEncryptionKey, "deriveSeed">) {
  const privateKey = createSeededKey(deriveRevocationFeedSeed(kek));
  return { privateKey, publicKey: createPublicJwk(createPublicKey(privateKey), "Ed25519") };
}
