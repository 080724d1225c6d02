import type { Answer, Input, OperationName } from "@biped/management-client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { type ActionKey, chooseActionKey, createActionKey } from "./action-key.ts";
import { Cancelled, type Failure, isUndecided, readFailure } from "./failure.ts";
import { callOperation, type Sending } from "./management.ts";
import type { ReadName } from "./queries.ts";
import { useProof } from "./step-up.tsx";

/** Names of operations that change something. */
export type ChangeName = Exclude<OperationName, ReadName>;

export type ActionState = { readonly isRunning: boolean; readonly failure: Failure | undefined };

export type Action<Name extends ChangeName> = ActionState & {
  /** Undefined where it failed or was cancelled: the failure is then in `failure`, and nothing is thrown. */
  readonly run: (input: Input<Name>, options?: ActionOptions) => Promise<{ readonly answer: Answer<Name> } | undefined>;
  /** Forgets the failure, such as when a dialog is opened anew. */
  readonly reset: () => void;
};

export type ActionOptions = {
  /** The `version` that the person saw: 412 if somebody changed it meanwhile. */
  readonly ifVersion?: number;
};

type Change<Name extends ChangeName> = {
  readonly input: Input<Name>;
  readonly options: ActionOptions;
};

type Effect = {
  /** `nothing` for what only asks, in a body that is too long for an address. */
  readonly changes: "something" | "nothing";
};

/**
 * One thing that a person does. It carries an Idempotency-Key, asks for proof where the service wants it and goes on
 * by itself, and has everything on the screen read again when it has changed something.
 */
export function useAction<Name extends ChangeName>(
  name: Name,
  { changes }: Effect = { changes: "something" },
): Action<Name> {
  const queryClient = useQueryClient();
  const askForProof = useProof();
  const undecided = useRef<ActionKey | undefined>(undefined);
  const mutation = useMutation({
    meta: { isProof: name.startsWith("POST /api/session") },
    // An answer may hold a secret: it is not kept for longer than the component that asked.
    gcTime: 0,
    mutationFn: async ({ input, options }: Change<Name>) => {
      const action = chooseActionKey(undecided.current, { input, options }, createKey);
      undecided.current = action;
      const sending = { ...options, idempotencyKey: action.key };
      return callWithProof(() => callOperation(name, input, sending satisfies Sending), askForProof);
    },
    onSettled: (_answer, error) => {
      if (error === null || !isUndecided(error)) undecided.current = undefined;
    },
    onSuccess: () => {
      if (changes === "something") void queryClient.invalidateQueries();
    },
  });
  const failure = mutation.error === null ? undefined : readFailure(mutation.error);
  return {
    run: (input, options = {}) =>
      mutation.mutateAsync({ input, options }).then(
        (answer) => ({ answer }),
        () => undefined,
      ),
    isRunning: mutation.isPending,
    failure: failure?.kind === "cancelled" ? undefined : failure,
    reset: mutation.reset,
  };
}

/** 403 with stepUp: the person proves who they are, and the very same call is made again. */
async function callWithProof<Result>(
  call: () => Promise<Result>,
  askForProof: () => Promise<boolean>,
): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    if (readFailure(error).kind !== "step-up-required") throw error;
    if (!(await askForProof())) throw new Cancelled();
    return call();
  }
}

function createKey(): string {
  return createActionKey((count) => crypto.getRandomValues(new Uint8Array(count)));
}
