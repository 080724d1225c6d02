import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { useAction } from "../../api/actions.ts";
import { forgetEverything, signInOptionsQuery } from "../../api/session.ts";
import { Button, formatButtonClass } from "../../design/button.tsx";
import { Callout, FailureCallout } from "../../design/callout.tsx";
import { Stepper } from "../../design/layout.tsx";
import { Skeleton } from "../../design/states.tsx";
import { TextField } from "../../design/text-field.tsx";
import { SecondFactorSetup } from "../second-factor/second-factor-setup.tsx";
import { Entrance } from "../sign-in/entrance.tsx";
import { NewPassword } from "./new-password.tsx";
import { isPasswordGood } from "./password-rules.ts";
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
  if (isCreated) {
    return (
      <Entrance title="Set up a second factor" text={secondFactorText} size="wide">
        <Stepper steps={steps} current={1} />
        <SecondFactorSetup />
      </Entrance>
    );
  }
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

const secondFactorText = "Who can make credentials needs more than a password. It takes a minute.";

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

function FirstAdministrator({ onCreated }: { readonly onCreated: () => void }) {
  const [token, setToken] = useState(useFragmentToken("setup") ?? "");
  const [email, setEmail] = useState("");
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const action = useAction("POST /api/setup");
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const body = {
      token: token.trim(),
      email: email.trim(),
      name: name.trim(),
      password,
    };
    if ((await action.run({ body })) !== undefined) onCreated();
  };
  const person = { email, name };
  return (
    <form className="stack" onSubmit={submit}>
      <TextField label="Setup token" hint={tokenHint} value={token} onChange={setToken} isMono autoComplete="off" />
      <TextField
        label="E-mail address"
        type="email"
        value={email}
        onChange={setEmail}
        autoComplete="username"
        maxLength={254}
      />
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
        Create the administrator
      </Button>
    </form>
  );
}
