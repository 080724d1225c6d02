import { sign as signWithCallback } from "node:crypto";
import { type AccessTokenClaims, accessTokenType, type Refusal, refuse } from "@biped/protocol";
import { formatJwsSignature } from "./ecdsa-signature.ts";
import type { ActiveKey } from "./key-ring.ts";
import { digestOf } from "./signing-key.ts";

/** Signs claims into a JWT (RFC 7515), or refuses for now when it has more to do than it can. */
export type Signer = (claims: AccessTokenClaims) => Promise<string | Refusal>;

export type SignerParts = {
  readonly activeKey: () => ActiveKey;
  /** Never goes back; for the measure of the queue alone. */
  readonly monotonicSeconds: () => number;
};

/** More would only lengthen the wait of file and DNS work in the same thread pool. */
const signaturesAtOnce = 16;
/**
 * Whoever would wait longer is told to come back. A refusal costs the event loop nearly what a token does, so that
 * a shorter limit makes busy clients that ask again at once eat up the tokens of all the others.
 */
const longestWaitSeconds = 1;

export function createSigner({ activeKey, monotonicSeconds }: SignerParts): Signer {
  const queue = createQueue(monotonicSeconds);
  let header: { readonly key: ActiveKey; readonly segment: string } | undefined;

  return async (claims) => {
    if (queue.expectedWaitSeconds() > longestWaitSeconds) return refuseOverload();
    await queue.enter();
    try {
      const key = activeKey();
      if (header?.key !== key) header = { key, segment: formatHeader(key) };
      return await signToken(key, `${header.segment}.${encode(claims)}`);
    } finally {
      queue.leave();
    }
  };
}

function createQueue(monotonicSeconds: () => number) {
  const waiting: (() => void)[] = [];
  let running = 0;
  let lastLeaveSeconds = 0;
  let pace = 0;
  return {
    expectedWaitSeconds: () => waiting.length * pace,
    enter: async (): Promise<void> => {
      if (running < signaturesAtOnce) running += 1;
      else {
        // The pace counts from here: the time before anybody waited says nothing of it.
        if (waiting.length === 0) lastLeaveSeconds = monotonicSeconds();
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
    /** Hands the place on. While somebody waits, the time between two leavings is the pace of the queue. */
    leave: (): void => {
      const now = monotonicSeconds();
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else {
        pace += (now - lastLeaveSeconds - pace) / 64;
        next();
      }
      lastLeaveSeconds = now;
    },
  };
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
