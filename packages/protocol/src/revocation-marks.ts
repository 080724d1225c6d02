/**
 * What a token stands on: when any of it is taken back, so is the token. Ids that the server drew by chance are told
 * apart by 48 bits of them, which lets ten thousand stand in one small document; ids that people may choose are exact.
 */

import type { PresentedClaims } from "./access-token.ts";

/** Numbers below 2^48. */
export type Mark = number;

export const markBits = 48;

export type Footing = {
  readonly account: readonly [id: number, epoch: number];
  readonly project: readonly [id: number, epoch: number];
  /** Of the token, its secret, its credential at its epoch, and the key that signed it. */
  readonly marks: readonly Mark[];
  /** Epoch seconds. */
  readonly issuedAt: number;
};

export function markToken(tokenId: string): Mark {
  return mark(`token:${tokenId}`);
}

export function markSecret(secretId: string): Mark {
  return mark(`secret:${secretId}`);
}

/** @param epoch The one that tokens were issued under; a later revocation raises it. */
export function markCredential(clientId: string, epoch: number): Mark {
  return mark(`credential:${clientId}:${epoch}`);
}

export function markKey(kid: string): Mark {
  return mark(`key:${kid}`);
}

/** @param kid Of the key that verified the token. */
export function footingOf(claims: PresentedClaims, kid: string): Footing {
  const { account_id, project_id, epochs, jti, secret_id, client_id, iat } = claims;
  return {
    account: [account_id, epochs.account],
    project: [project_id, epochs.project],
    marks: [markToken(jti), markSecret(secret_id), markCredential(client_id, epochs.credential), markKey(kid)],
    issuedAt: iat,
  };
}

/**
 * Spreads texts evenly, and that is all it is for: nobody but the server chooses what goes in, so nobody can look for
 * two texts with one mark. Of 10,000 marks one good token in seven thousand million meets one.
 */
function mark(text: string): Mark {
  let [high, low] = [0x9e3779b9, 0x85ebca6b];
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    high = Math.imul(high ^ code, 0xcc9e2d51);
    high = (high << 13) | (high >>> 19);
    low = Math.imul(low ^ code, 0x1b873593);
    low = (low << 15) | (low >>> 17);
  }
  high = finish(high ^ (low >>> 3));
  low = finish(low ^ (high >>> 5));
  return (high >>> 8) * 2 ** 24 + (low >>> 8);
}

/** Each bit that goes in changes about half of those that come out. */
function finish(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
