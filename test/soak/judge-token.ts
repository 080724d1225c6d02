/** I5: reads a token with nothing of the server's own but its public documents. */

import { createRemoteJWKSet, jwtVerify } from "jose";
import type { Site } from "./journal.ts";

export type TokenExpectation = {
  readonly clientId: string;
  readonly secretId: string;
  readonly accountId: number;
  readonly projectId: number;
  readonly endpoint: string;
  readonly scope: string;
};

export type TokenJudge = {
  /** @throws Error that names what is wrong with it. */
  readonly judge: (token: string, expected: TokenExpectation) => Promise<void>;
  readonly count: () => number;
};

export function createTokenJudge({ publicUrl }: Site, issuer: string): TokenJudge {
  const keySet = createRemoteJWKSet(new URL(`${publicUrl}/.well-known/jwks.json`), { cooldownDuration: 0 });
  let judged = 0;
  return {
    judge: async (token, expected) => {
      const { clientId, secretId, accountId, projectId, endpoint, scope } = expected;
      const options = { issuer, audience: endpoint, typ: "at+jwt", algorithms: ["Ed25519", "ES256", "RS256"] };
      const { payload } = await jwtVerify(token, keySet, options);
      const { sub, client_id, secret_id, account_id, project_id, exp = 0, iat = 0 } = payload;
      const found = [sub, client_id, secret_id, account_id, project_id, payload.scope, exp - iat];
      const wanted = [clientId, clientId, secretId, accountId, projectId, scope, 3600];
      if (JSON.stringify(found) !== JSON.stringify(wanted)) {
        throw new Error(`A token says ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}.`);
      }
      judged += 1;
    },
    count: () => judged,
  };
}
