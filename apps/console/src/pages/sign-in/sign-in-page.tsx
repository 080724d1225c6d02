import type { SignInAnswer, SignInOptions } from "@biped/management-client";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Navigate, useRouter } from "@tanstack/react-router";
import { useState } from "react";
import { readReturnTo } from "../../api/return-to.ts";
import { forgetEverything, signInOptionsQuery } from "../../api/session.ts";
import { Callout } from "../../design/callout.tsx";
import { ErrorState } from "../../design/states.tsx";
import { Entrance } from "./entrance.tsx";
import { PasswordStep } from "./password-step.tsx";
import { explainProblem } from "./problems.ts";
import { SecondFactorStep } from "./second-factor-step.tsx";

const route = getRouteApi("/sign-in");

export function SignInPage() {
  const { data: options, error, refetch } = useQuery(signInOptionsQuery);
  const [answer, setAnswer] = useState<SignInAnswer | undefined>(undefined);
  const enter = useEntry();
  const proceed = (next: SignInAnswer): void => {
    if (next.state === "signed-in") enter();
    else setAnswer(next);
  };
  if (options?.isSetupOpen === true) return <Navigate to="/setup" replace />;
  if (answer?.state === "second-factor-required") {
    return (
      <Entrance title="One more step" text="Your password was right. Now prove it with a second factor.">
        <SecondFactorStep kinds={answer.secondFactors} onDone={proceed} onRestart={() => setAnswer(undefined)} />
      </Entrance>
    );
  }
  return (
    <Entrance title="Sign in to Biped">
      <Problem />
      {error !== null && <ErrorState error={error} onRetry={() => void refetch()} />}
      {options?.isSandbox === true && <SandboxHint />}
      <PasswordStep sso={options?.sso ?? null} onDone={proceed} />
    </Entrance>
  );
}

/** Nothing of whoever was here before is kept, and the way goes on to where one wanted to. */
function useEntry(): () => void {
  const { returnTo } = route.useSearch();
  const queryClient = useQueryClient();
  const router = useRouter();
  return () => {
    forgetEverything(queryClient);
    router.history.push(readReturnTo(returnTo));
  };
}

function Problem() {
  const { problem } = route.useSearch();
  if (problem === undefined) return null;
  return (
    <Callout kind="danger" title="You are not signed in" role="alert">
      {explainProblem(problem)}
    </Callout>
  );
}

function SandboxHint() {
  return (
    <Callout title="This is the sandbox">
      The demonstration administrator is <code>admin@example.com</code>. The password is in <code>demo.json</code> in
      the data directory, <code>.biped</code> if you did not name another one, under <code>administrator</code>.
    </Callout>
  );
}

export type Sso = SignInOptions["sso"];
