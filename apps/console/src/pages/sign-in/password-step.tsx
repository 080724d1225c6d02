import type { SignInAnswer } from "@biped/management-client";
import { type FormEvent, useState } from "react";
import { useAction } from "../../api/actions.ts";
import type { Failure } from "../../api/failure.ts";
import { arePasskeysPossible } from "../../api/passkeys.ts";
import { Button, formatButtonClass } from "../../design/button.tsx";
import { Callout, FailureCallout } from "../../design/callout.tsx";
import { EmailField } from "../../design/email-field.tsx";
import { PasswordField } from "../../design/password-field.tsx";
import type { Sso } from "./sign-in-page.tsx";
import { usePasskeyProof } from "./use-passkey-proof.ts";

type PasswordStepProps = {
  readonly sso: Sso;
  readonly onDone: (answer: SignInAnswer) => void;
};

export function PasswordStep({ sso, onDone }: PasswordStepProps) {
  return (
    <>
      <PasswordForm onDone={onDone} />
      {(sso !== null || arePasskeysPossible()) && <p className="entrance__or">or</p>}
      {arePasskeysPossible() && <PasskeyButton onDone={onDone} />}
      {sso !== null && (
        <a className={formatButtonClass({ isWide: true })} href={sso.startPath}>
          Sign in with {sso.name}
        </a>
      )}
    </>
  );
}

type StepProps = Pick<PasswordStepProps, "onDone">;

function PasswordForm({ onDone }: StepProps) {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const action = useAction("POST /api/session");
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const done = await action.run({ body: { email: email.trim(), password } });
    if (done === undefined) setPassword("");
    else onDone(done.answer);
  };
  return (
    <form className="stack" onSubmit={submit}>
      <EmailField value={email} onChange={setEmail} autoComplete="username" />
      <PasswordField
        label="Password"
        value={password}
        onChange={setPassword}
        autoComplete="current-password"
        maxLength={1024}
      />
      {action.failure !== undefined && <SignInFailure failure={action.failure} />}
      <Button type="submit" kind="primary" isWide isLoading={action.isRunning}>
        Sign in
      </Button>
    </form>
  );
}

/** The service does not tell which of the two was wrong, and neither does the page. */
export function SignInFailure({ failure }: { readonly failure: Failure }) {
  if (failure.kind !== "signed-out") return <FailureCallout failure={failure} />;
  return (
    <Callout kind="danger" title="That did not match" role="alert">
      Check what you entered, then try again. After several failures you have to wait a little.
    </Callout>
  );
}

function PasskeyButton({ onDone }: StepProps) {
  const action = useAction("POST /api/session/passkey");
  const proof = usePasskeyProof();
  const signIn = async (): Promise<void> => {
    const passkey = await proof.find();
    const done = passkey && (await action.run({ body: { passkey } }));
    if (done !== undefined) onDone(done.answer);
  };
  const failure = proof.failure ?? action.failure;
  return (
    <>
      <Button icon="passkey" isWide isLoading={proof.isRunning || action.isRunning} onClick={signIn}>
        Sign in with a passkey
      </Button>
      {failure !== undefined && <SignInFailure failure={failure} />}
    </>
  );
}
