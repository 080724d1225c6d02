import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useAction } from "../../api/actions.ts";
import { forgetEverything } from "../../api/session.ts";
import { Button } from "../../design/button.tsx";
import { Callout, FailureCallout } from "../../design/callout.tsx";
import { Stepper } from "../../design/layout.tsx";
import { TextField } from "../../design/text-field.tsx";
import { SecondFactorSetup } from "../second-factor/second-factor-setup.tsx";
import { Entrance } from "../sign-in/entrance.tsx";
import { NewPassword } from "./new-password.tsx";
import { isPasswordGood } from "./password-rules.ts";
import { useFragmentToken } from "./use-fragment-token.ts";

const steps = ["You", "Second factor"];

export function InvitationPage() {
  const token = useFragmentToken("invite");
  const queryClient = useQueryClient();
  const [isAccepted, setAccepted] = useState(false);
  const finish = (): void => {
    forgetEverything(queryClient);
    setAccepted(true);
  };
  if (token === undefined) return <InvitationMissing />;
  if (isAccepted) {
    return (
      <Entrance title="Set up a second factor" text="Who can make credentials needs more than a password." size="wide">
        <Stepper steps={steps} current={1} />
        <SecondFactorSetup />
      </Entrance>
    );
  }
  return (
    <Entrance title="You are invited" text="Choose how you are called, and a password." size="wide">
      <Stepper steps={steps} current={0} />
      <AcceptanceForm token={token} onAccepted={finish} />
    </Entrance>
  );
}

function InvitationMissing() {
  return (
    <Entrance title="This is no invitation">
      <Callout kind="warning">
        The address is not complete. Open it as it was sent to you, with all that stands behind the <code>#</code>. An
        invitation works once, for seven days.
      </Callout>
    </Entrance>
  );
}

type AcceptanceFormProps = {
  readonly token: string;
  readonly onAccepted: () => void;
};

function AcceptanceForm({ token, onAccepted }: AcceptanceFormProps) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const action = useAction("POST /api/invitations/acceptance");
  const person = { email: "", name };
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const done = await action.run({
      body: { token, name: name.trim(), password },
    });
    if (done !== undefined) onAccepted();
  };
  return (
    <form className="stack" onSubmit={submit}>
      <TextField label="Your name" value={name} onChange={setName} autoComplete="name" maxLength={200} />
      <NewPassword value={password} onChange={setPassword} person={person} />
      {action.failure !== undefined && <FailureCallout failure={action.failure} />}
      <Button
        type="submit"
        kind="primary"
        isWide
        isLoading={action.isRunning}
        isDisabled={!isPasswordGood(password, person)}
      >
        Accept the invitation
      </Button>
    </form>
  );
}
