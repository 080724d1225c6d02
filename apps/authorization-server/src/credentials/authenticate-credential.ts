import { isRefusal, type PresentedCredential, type Refusal } from "@biped/protocol";
import type { FailureLimit } from "../limits/failure-limit.ts";
import type { GuessingAlarm } from "../limits/guessing-alarm.ts";
import type { Client } from "../storage/storage.ts";
import type { RefusalCounter } from "../usage/refusal-counter.ts";
import type { ClientDirectory, Lookup } from "./client-directory.ts";
import { type Authenticated, judgeCredential } from "./judge-credential.ts";
import type { SecretDigester } from "./secret-digest.ts";

export type AuthenticationParts = {
  readonly directory: ClientDirectory;
  readonly digester: Pick<SecretDigester, "digest">;
  readonly failures: FailureLimit;
  readonly guessing: Pick<GuessingAlarm, "count">;
  readonly refusals: Pick<RefusalCounter, "count">;
  readonly nowSeconds: () => number;
};

/** What an endpoint decides once the credential has authenticated, from the same source of facts. */
export type Decide<Decision> = (
  authenticated: Authenticated,
  lookup: Lookup,
) => Promise<Decision | Refusal> | Decision | Refusal;

/**
 * The one client authentication of every endpoint, and what the endpoint decides on top of it. What is
 * remembered may allow; before anything is refused the store is read, once, whether the id is known or not. So a
 * fresh secret works at once on every node, and a stranger cannot tell a wrong id from a wrong secret.
 */
export type AuthenticateCredential = <Decision>(
  presented: PresentedCredential,
  source: string,
  decide: Decide<Decision>,
) => Promise<Decision | Refusal>;

export function createAuthenticateCredential(parts: AuthenticationParts): AuthenticateCredential {
  const { directory, digester, failures, guessing, refusals, nowSeconds } = parts;
  return async (presented, source, decide) => {
    const { clientId } = presented;
    const circumstances = { digests: digester.digest(presented.clientSecret), nowSeconds: nowSeconds(), source };
    const decideFrom = async (client: Client | undefined, lookup: Lookup) => {
      const authenticated = judgeCredential(client, circumstances);
      return isRefusal(authenticated) ? authenticated : decide(authenticated, lookup);
    };
    const { remembered, stored } = directory;
    const first = await decideFrom(await remembered.findClient(clientId), remembered);
    if (!isRefusal(first)) {
      directory.renewClient(clientId);
      return first;
    }
    const client = await stored.findClient(clientId);
    const decision = await decideFrom(client, stored);
    if (!isRefusal(decision)) return decision;
    const failed = decision.code === "INVALID_CLIENT";
    const refusal = failed ? ((await failures.count(clientId, source)) ?? decision) : decision;
    if (failed && client !== undefined) guessing.count(clientId);
    // What was presented is kept only where it is the id of a credential: it may be anything, a secret too.
    refusals.count({ clientId: client?.credential.clientId, at: nowSeconds(), reason: refusal.reason, source });
    return refusal;
  };
}
