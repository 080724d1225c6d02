import type { Handlers } from "../management-api/handlers.ts";
import { createAccessTokenHandlers } from "./access-token-handlers.ts";
import { createFactorHandlers } from "./factor-handlers.ts";
import { createOwnSessionHandlers } from "./own-session-handlers.ts";
import { createPasskeys } from "./passkeys.ts";
import { createVerifySecondFactor } from "./second-factors.ts";
import { createSessions } from "./session.ts";
import { createSignInHandlers } from "./sign-in-handlers.ts";
import { createSignInLimit } from "./sign-in-limit.ts";
import type { OperationsOf, SignInParts } from "./sign-in-parts.ts";

/** Every operation of the contract about signing in, one's own sessions and factors, and access tokens. */
export function createSessionHandlers(parts: SignInParts): Handlers<OperationsOf<"session" | "access-tokens">> {
  const passkeys = createPasskeys(parts);
  const made = {
    ...parts,
    passkeys,
    sessions: createSessions(parts),
    limit: createSignInLimit(parts.monotonicSeconds),
    verifySecondFactor: createVerifySecondFactor({ ...parts, passkeys }),
  };
  return {
    ...createSignInHandlers(made),
    ...createOwnSessionHandlers(made),
    ...createFactorHandlers(made),
    ...createAccessTokenHandlers(made),
  };
}
