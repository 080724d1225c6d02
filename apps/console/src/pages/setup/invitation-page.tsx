import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useAction } from "../../api/actions.ts";
import { forgetEverything } from "../../api/session.ts";
import { Callout } from "../../design/callout.tsx";
import { Stepper } from "../../design/layout.tsx";
import { Entrance } from "../sign-in/entrance.tsx";
import { PersonForm } from "./person-form.tsx";
import { SecondFactorEntrance } from "./second-factor-entrance.tsx";
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
  if (isAccepted) return <SecondFactorEntrance steps={steps} />;
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

const staleInvitation = {
  title: "This invitation does not work",
  text: "It was used already, was replaced by a newer one, or its seven days are over. Ask for a new one.",
};

type AcceptanceFormProps = {
  readonly token: string;
  readonly onAccepted: () => void;
};

function AcceptanceForm({ token, onAccepted }: AcceptanceFormProps) {
  const action = useAction("POST /api/invitations/acceptance");
  const accept = async (person: { readonly name: string; readonly password: string }): Promise<void> => {
    if ((await action.run({ body: { token, ...person } })) !== undefined) onAccepted();
  };
  return (
    <PersonForm
      email=""
      submitLabel="Accept the invitation"
      stale={staleInvitation}
      action={action}
      onSubmit={(person) => void accept(person)}
    />
  );
}
