import type { SignInAnswer } from "@biped/management-client";
import { type FormEvent, useState } from "react";
import { type Action, useAction } from "../../api/actions.ts";
import { Button } from "../../design/button.tsx";
import { TextField } from "../../design/text-field.tsx";
import { SignInFailure } from "./password-step.tsx";
import { usePasskeyProof } from "./use-passkey-proof.ts";

type Kind = SignInAnswer["secondFactors"][number];
type Finish = { readonly onDone: (answer: SignInAnswer) => void };

type SecondFactorStepProps = Finish & {
  readonly kinds: readonly Kind[];
  readonly onRestart: () => void;
};

const order: readonly Kind[] = ["passkey", "totp", "recovery-code"];
const names: Readonly<Record<Kind, string>> = {
  passkey: "Use a passkey instead",
  totp: "Use an authenticator app instead",
  "recovery-code": "Use a recovery code instead",
};

/** Begins with the strongest that the person has; every other one is a click away. */
export function SecondFactorStep({ kinds, onDone, onRestart }: SecondFactorStepProps) {
  const held = order.filter((kind) => kinds.includes(kind));
  const [chosen, setChosen] = useState<Kind | undefined>(held[0]);
  const action = useAction("POST /api/session/second-factor");
  const choose = (kind: Kind): void => {
    action.reset();
    setChosen(kind);
  };
  return (
    <>
      {chosen === "passkey" && <PasskeyForm action={action} onDone={onDone} />}
      {chosen === "totp" && <CodeForm key="totp" member="totp" action={action} onDone={onDone} />}
      {chosen === "recovery-code" && (
        <CodeForm key="recovery-code" member="recoveryCode" action={action} onDone={onDone} />
      )}
      {action.failure !== undefined && <SignInFailure failure={action.failure} />}
      <div className="stack stack--tight">
        {held
          .filter((kind) => kind !== chosen)
          .map((kind) => (
            <Button key={kind} kind="quiet" isWide onClick={() => choose(kind)}>
              {names[kind]}
            </Button>
          ))}
        <Button kind="quiet" isWide onClick={onRestart}>
          Start again
        </Button>
      </div>
    </>
  );
}

type FormProps = Finish & {
  readonly action: Action<"POST /api/session/second-factor">;
};

function PasskeyForm({ action, onDone }: FormProps) {
  const proof = usePasskeyProof();
  const prove = async (): Promise<void> => {
    const passkey = await proof.find();
    const done = passkey && (await action.run({ body: { passkey } }));
    if (done !== undefined) onDone(done.answer);
  };
  return (
    <>
      <Button kind="primary" icon="passkey" isWide isLoading={proof.isRunning || action.isRunning} onClick={prove}>
        Use your passkey
      </Button>
      {proof.failure !== undefined && <SignInFailure failure={proof.failure} />}
    </>
  );
}

const texts = {
  totp: {
    label: "Code of your authenticator app",
    hint: "Six digits; they change every half minute.",
  },
  recoveryCode: {
    label: "Recovery code",
    hint: "One of those that you stored. It works once.",
  },
} as const;

function CodeForm({ member, action, onDone }: FormProps & { readonly member: keyof typeof texts }) {
  const [code, setCode] = useState("");
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const done = await action.run({ body: { [member]: code.trim() } });
    if (done === undefined) setCode("");
    else onDone(done.answer);
  };
  return (
    <form className="stack" onSubmit={submit}>
      <TextField
        {...texts[member]}
        value={code}
        onChange={setCode}
        isMono
        inputMode={member === "totp" ? "numeric" : "text"}
        autoComplete={member === "totp" ? "one-time-code" : "off"}
        spellCheck={false}
        maxLength={64}
      />
      <Button type="submit" kind="primary" isWide isLoading={action.isRunning}>
        Sign in
      </Button>
    </form>
  );
}
