import { sign as signWithCallback } from "node:crypto";
import { type AccessTokenClaims, accessTokenType, type Refusal, refuse } from "@biped/protocol";
import { formatJwsSignature } from "./ecdsa-signature.ts";
import type { ActiveKey } from "./key-ring.ts";
import { digestOf } from "./signing-key.ts";
import { createSigningQueue, type SigningQueue } from "./signing-queue.ts";

/** Signs claims into a JWT (RFC 7515), or refuses for now when it has more to do than it can. */
export type Signer = (claims: AccessTokenClaims) => Promise<string | Refusal>;

export type SignerParts = {
  readonly activeKey: () => ActiveKey;
  /** Until the active key may sign; undefined where it may. */
  readonly settling?: () => Promise<void> | undefined;
  /** Never goes back; for the measure of the queue alone. */
  readonly monotonicSeconds: () => number;
  /** One of its own if absent. */
  readonly queue?: SigningQueue;
};

/**
 * Whoever would wait longer is told to come back. A refusal costs the event loop nearly what a token does, so that
 * a shorter limit makes busy clients that ask again at once eat up the tokens of all the others.
 */
const longestWaitSeconds = 1;

export function createSigner(parts: SignerParts): Signer {
  const { activeKey, settling, monotonicSeconds, queue = createSigningQueue(monotonicSeconds) } = parts;
  let header: { readonly key: ActiveKey; readonly segment: string } | undefined;

  const sign: Signer = async (claims) => {
    const settled = settling?.();
    if (settled !== undefined) await settled;
    if (queue.expectedWaitSeconds() > longestWaitSeconds) return refuseOverload();
    await queue.enter();
    // The key was replaced meanwhile.
    if (settling?.() !== undefined) {
      queue.leave();
      return sign(claims);
    }
    try {
      const key = activeKey();
      if (header?.key !== key) header = { key, segment: formatHeader(key) };
      return await signToken(key, `${header.segment}.${encode(claims)}`);
    } finally {
      queue.leave();
    }
  };
  return sign;
}

function refuseOverload(): Refusal {
  const parts = { headers: { "retry-after": "1" } };
  return refuse("TEMPORARILY_UNAVAILABLE", "The service is busy for the moment.", "signing queue is full", parts);
}

function formatHeader({ key }: ActiveKey): string {
  return encode({ typ: accessTokenType, alg: key.algorithm, kid: key.kid });
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

/** With a callback `sign` runs in the thread pool, so that one process uses every core. */
function signToken({ key, privateKey }: ActiveKey, content: string): Promise<string> {
  return new Promise((resolve, reject) => {
    // The bare KeyObject: an object with options beside the key costs more than all else on this thread.
    signWithCallback(digestOf(key.algorithm), Buffer.from(content), privateKey, (error, signature) => {
      if (error !== null) return reject(error);
      const encoded = key.algorithm === "ES256" ? formatJwsSignature(signature) : signature;
      resolve(`${content}.${encoded.toString("base64url")}`);
    });
  });
}
