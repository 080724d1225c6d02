import { useMutation } from "@tanstack/react-query";
import { type Failure, readFailure } from "../../api/failure.ts";
import { callOperation } from "../../api/management.ts";
import { answerChallenge } from "../../api/passkeys.ts";

type PasskeyProof = {
  /** Undefined where it failed, or the person closed the browser's dialog. */
  readonly find: () => Promise<Record<string, unknown> | undefined>;
  readonly isRunning: boolean;
  readonly failure: Failure | undefined;
};

/** Asks the service for a challenge, and the browser for the answer. */
export function usePasskeyProof(): PasskeyProof {
  const { mutateAsync, isPending, error } = useMutation({
    meta: { isProof: true },
    mutationFn: async () =>
      answerChallenge(
        await callOperation("POST /api/session/passkey-challenge", {
          body: {},
        }),
      ),
  });
  const failure = error === null ? undefined : readFailure(error);
  return {
    find: () => mutateAsync().catch(() => undefined),
    isRunning: isPending,
    failure: failure?.kind === "cancelled" ? undefined : failure,
  };
}
