import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useAction } from "../../api/actions.ts";
import { readFailure } from "../../api/failure.ts";
import { createPasskey } from "../../api/passkeys.ts";
import { Button } from "../../design/button.tsx";
import { FailureCallout } from "../../design/callout.tsx";
import { TextField } from "../../design/text-field.tsx";

type PasskeyEnrolmentProps = {
  readonly onDone: (recoveryCodes: readonly string[] | null) => void;
};

export function PasskeyEnrolment({ onDone }: PasskeyEnrolmentProps) {
  const [name, setName] = useState("This device");
  const { enrol, isRunning, failure } = useEnrolment(onDone);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void enrol(name.trim());
  };
  return (
    <form className="stack" onSubmit={submit}>
      <TextField
        label="Name of the passkey"
        hint="So that you know it again when you have several."
        value={name}
        onChange={setName}
        maxLength={200}
      />
      {failure !== undefined && <FailureCallout failure={failure} />}
      <Button type="submit" kind="primary" icon="passkey" isWide isLoading={isRunning}>
        Create the passkey
      </Button>
    </form>
  );
}

function useEnrolment(onDone: PasskeyEnrolmentProps["onDone"]) {
  const begin = useAction("POST /api/passkeys/challenge");
  const finish = useAction("POST /api/passkeys");
  const browser = useMutation({ mutationFn: createPasskey });
  const enrol = async (name: string): Promise<void> => {
    const begun = await begin.run({ body: {} });
    const passkey = begun && (await browser.mutateAsync(begun.answer).catch(() => undefined));
    const done = passkey && (await finish.run({ body: { name, passkey } }));
    if (done !== undefined) onDone(done.answer.recoveryCodes);
  };
  const thrown = browser.error === null ? undefined : readFailure(browser.error);
  const own = thrown?.kind === "cancelled" ? undefined : thrown;
  return {
    enrol,
    isRunning: begin.isRunning || browser.isPending || finish.isRunning,
    failure: begin.failure ?? own ?? finish.failure,
  };
}
