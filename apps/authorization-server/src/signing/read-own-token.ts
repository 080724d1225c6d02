import { accessTokenType, isCanonicalBase64Url, type PresentedClaims, parseAccessTokenClaims } from "@biped/protocol";
import { JOSEError, JWKSNoMatchingKey } from "jose/errors";
import { jwtVerify } from "jose/jwt/verify";
import type { KeyRing } from "./key-ring.ts";

export type OwnTokenParts = {
  readonly keyRing: Pick<KeyRing, "findPublicKey">;
  readonly issuer: string;
  readonly nowSeconds: () => number;
  /** For so long after its end a token is still read; 0 if absent. */
  readonly clockToleranceSeconds?: number;
};

/** In the place of a secret's id, in tokens of the admin listener's own. */
export const noSecretId = "-";

/**
 * The claims of a token that this server issued to a credential and that has not expired; undefined for any other text.
 */
export type ReadOwnToken = (token: string) => Promise<PresentedClaims | undefined>;

export function createReadOwnToken(parts: OwnTokenParts): ReadOwnToken {
  const { keyRing, issuer, nowSeconds, clockToleranceSeconds: clockTolerance = 0 } = parts;
  return async (token) => {
    if (!token.split(".").every(isCanonicalBase64Url)) return undefined;
    try {
      const { payload } = await jwtVerify(
        token,
        ({ kid, alg }) => {
          const found = keyRing.findPublicKey(kid ?? "");
          if (found === undefined || found.key.algorithm !== alg) throw new JWKSNoMatchingKey();
          return found.publicKey;
        },
        { issuer, typ: accessTokenType, currentDate: new Date(nowSeconds() * 1000), clockTolerance },
      );
      const claims = parseAccessTokenClaims(payload);
      return claims?.secret_id === noSecretId ? undefined : claims;
    } catch (error) {
      if (error instanceof JOSEError) return undefined;
      throw error;
    }
  };
}
