import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useAction } from "../../api/actions.ts";
import { forgetEverything, signInOptionsQuery } from "../../api/session.ts";
import { formatButtonClass } from "../../design/button.tsx";
import { Callout } from "../../design/callout.tsx";
import { EmailField } from "../../design/email-field.tsx";
import { Stepper } from "../../design/layout.tsx";
import { Skeleton } from "../../design/states.tsx";
import { TextField } from "../../design/text-field.tsx";
import { Entrance } from "../sign-in/entrance.tsx";
import { PersonForm } from "./person-form.tsx";
import { SecondFactorEntrance } from "./second-factor-entrance.tsx";
import { useFragmentToken } from "./use-fragment-token.ts";

const steps = ["Administrator", "Second factor"];

/** First run: the page is of use once, and never again. */
export function SetupPage() {
  const { data: options } = useQuery(signInOptionsQuery);
  const queryClient = useQueryClient();
  const [isCreated, setCreated] = useState(false);
  const finish = (): void => {
    forgetEverything(queryClient);
    setCreated(true);
  };
  if (isCreated) return <SecondFactorEntrance steps={steps} />;
  if (options === undefined) {
    return (
      <Entrance title="Set up Biped">
        <Skeleton />
      </Entrance>
    );
  }
  if (!options.isSetupOpen) return <SetupClosed />;
  return (
    <Entrance title="Set up Biped" text="You are the first one here, and will own the platform." size="wide">
      <Stepper steps={steps} current={0} />
      <FirstAdministrator onCreated={finish} />
    </Entrance>
  );
}

function SetupClosed() {
  return (
    <Entrance title="Biped is set up">
      <Callout>There is an administrator already, so this page has done its work.</Callout>
      <Link to="/sign-in" className={formatButtonClass({ kind: "primary", isWide: true })}>
        Sign in
      </Link>
    </Entrance>
  );
}

const tokenHint =
  "The server printed it at its start, and wrote it to a file in its data directory. It works for an hour.";

const staleToken = {
  title: "This setup token does not work",
  text: "It is not the last one that was made, or its hour is over. Make another one on the server: biped-server setup",
};

function FirstAdministrator({ onCreated }: { readonly onCreated: () => void }) {
  const linked = useFragmentToken("setup");
  const [typed, setTyped] = useState<string>();
  const token = typed ?? linked ?? "";
  const [email, setEmail] = useState("");
  const action = useAction("POST /api/setup");
  const create = async (person: { readonly name: string; readonly password: string }): Promise<void> => {
    // Who was given a link may paste all of it.
    const body = { token: token.slice(token.indexOf("#") + 1).trim(), email: email.trim(), ...person };
    if ((await action.run({ body })) !== undefined) onCreated();
  };
  return (
    <PersonForm
      email={email}
      submitLabel="Create the administrator"
      stale={staleToken}
      action={action}
      onSubmit={(person) => void create(person)}
    >
      <TextField label="Setup token" hint={tokenHint} value={token} onChange={setTyped} isMono autoComplete="off" />
      <EmailField value={email} onChange={setEmail} autoComplete="username" />
    </PersonForm>
  );
}
