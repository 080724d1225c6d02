import { type FormEvent, type ReactNode, useState } from "react";
import type { ActionState } from "../../api/actions.ts";
import type { Failure } from "../../api/failure.ts";
import { Button } from "../../design/button.tsx";
import { FailureCallout } from "../../design/callout.tsx";
import { TextField } from "../../design/text-field.tsx";
import { NewPassword } from "./new-password.tsx";
import { isPasswordGood } from "./password-rules.ts";

type PersonFormProps = {
  /** The password must not be like it; empty where only the service knows it. */
  readonly email: string;
  /** What is asked before the name. */
  readonly children?: ReactNode;
  readonly submitLabel: string;
  /** Said where the token is not good: nobody was signed in yet who could be signed out. */
  readonly stale: Pick<Failure, "title" | "text">;
  readonly action: ActionState;
  readonly onSubmit: (person: { readonly name: string; readonly password: string }) => void;
};

/** By which somebody becomes an administrator: how they are called, and their first password. */
export function PersonForm({ email, children, submitLabel, stale, action, onSubmit }: PersonFormProps) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const person = { email, name };
  const { failure } = action;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onSubmit({ name: name.trim(), password });
  };
  return (
    <form className="stack" onSubmit={submit}>
      {children}
      <TextField label="Your name" value={name} onChange={setName} autoComplete="name" maxLength={200} />
      <NewPassword value={password} onChange={setPassword} person={person} />
      {failure !== undefined && (
        <FailureCallout failure={failure.kind === "signed-out" ? { ...failure, ...stale } : failure} />
      )}
      <Button
        type="submit"
        kind="primary"
        isWide
        isLoading={action.isRunning}
        isDisabled={!isPasswordGood(password, person)}
      >
        {submitLabel}
      </Button>
    </form>
  );
}
