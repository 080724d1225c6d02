import type { Input } from "@biped/management-client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../design/button.tsx";
import { FailureCallout } from "../design/callout.tsx";
import { Dialog } from "../design/dialog.tsx";
import { PasswordField } from "../design/password-field.tsx";
import { TextField } from "../design/text-field.tsx";
import { type Failure, readFailure } from "./failure.ts";
import { callOperation } from "./management.ts";
import { answerChallenge } from "./passkeys.ts";
import { findProofs } from "./proofs.ts";
import { sessionQuery } from "./session.ts";

type Proof = Input<"POST /api/session/step-up">["body"];

/** Loaded when it is first needed. What was being done goes on after it. */
export function StepUpDialog({ onFinish }: { readonly onFinish: (isProved: boolean) => void }) {
  const { data: session } = useQuery(sessionQuery);
  const proving = useProving(onFinish);
  const proofs = session === undefined ? [] : findProofs(session.factors);
  return (
    <Dialog
      isOnTop
      isKeptOnOutsideClick
      onClose={() => onFinish(false)}
      title="Is it you?"
      description="This change is of some weight. Prove who you are; for the next five minutes you are not asked again."
    >
      <div className="dialog__body">
        {proofs.includes("passkey") && (
          <Button kind="primary" icon="passkey" isWide isLoading={proving.isPending} onClick={proving.provePasskey}>
            Use your passkey
          </Button>
        )}
        {proofs.includes("totp") && (
          <CodeForm isAlone={!proofs.includes("passkey")} isRunning={proving.isPending} onProve={proving.prove} />
        )}
        {proofs.includes("password") && <PasswordForm isRunning={proving.isPending} onProve={proving.prove} />}
        {proving.failure !== undefined && <FailureCallout failure={describeWrongProof(proving.failure)} />}
      </div>
    </Dialog>
  );
}

/** A wrong proof is a 403 too, and then the question is not what one may. */
function describeWrongProof(failure: Failure): Failure {
  return failure.kind === "forbidden" ? { ...failure, title: "That did not match" } : failure;
}

function useProving(onFinish: (isProved: boolean) => void) {
  const queryClient = useQueryClient();
  const { mutate, isPending, error } = useMutation({
    meta: { isProof: true },
    mutationFn: async (findProof: () => Promise<Proof>) =>
      callOperation("POST /api/session/step-up", { body: await findProof() }),
    onSuccess: (session) => {
      queryClient.setQueryData(sessionQuery.queryKey, session);
      onFinish(true);
    },
  });
  const failure = error === null ? undefined : readFailure(error);
  return {
    isPending,
    failure: failure?.kind === "cancelled" ? undefined : failure,
    prove: (proof: Proof) => mutate(() => Promise.resolve(proof)),
    provePasskey: () => mutate(askPasskey),
  };
}

async function askPasskey(): Promise<Proof> {
  const challenge = await callOperation("POST /api/session/passkey-challenge", {
    body: {},
  });
  return { passkey: await answerChallenge(challenge) };
}

type FormProps = {
  readonly isRunning: boolean;
  readonly onProve: (proof: Proof) => void;
};

function CodeForm({ isAlone, isRunning, onProve }: FormProps & { readonly isAlone: boolean }) {
  const [totp, setTotp] = useState("");
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        onProve({ totp });
      }}
    >
      <TextField
        label="Code of your authenticator app"
        value={totp}
        onChange={setTotp}
        inputMode="numeric"
        autoComplete="one-time-code"
        isMono
      />
      <Button type="submit" kind={isAlone ? "primary" : "secondary"} isWide isLoading={isRunning}>
        Go on
      </Button>
    </form>
  );
}

function PasswordForm({ isRunning, onProve }: FormProps) {
  const [password, setPassword] = useState("");
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        onProve({ password });
      }}
    >
      <PasswordField label="Password" value={password} onChange={setPassword} autoComplete="current-password" />
      <Button type="submit" kind="primary" isWide isLoading={isRunning}>
        Go on
      </Button>
    </form>
  );
}
