import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { arePasskeysPossible } from "../../api/passkeys.ts";
import { sessionQuery } from "../../api/session.ts";
import { Button } from "../../design/button.tsx";
import { RadioCards } from "../../design/choices.tsx";
import { PasskeyEnrolment } from "./passkey-enrolment.tsx";
import { RecoveryCodes } from "./recovery-codes.tsx";
import { TotpEnrolment } from "./totp-enrolment.tsx";

type Kind = "passkey" | "totp";

const cards = [
  {
    value: "passkey",
    title: "Passkey",
    text: "Fingerprint, face or security key. Nobody can trick you into giving it away.",
  },
  {
    value: "totp",
    title: "Authenticator app",
    text: "A code of six digits from an app on your phone.",
  },
] as const;

/** Right after the first sign-in: choose, enrol, store the recovery codes. */
export function SecondFactorSetup() {
  const navigate = useNavigate();
  const { data: session } = useQuery(sessionQuery);
  const [kind, setKind] = useState<Kind>(arePasskeysPossible() ? "passkey" : "totp");
  const [codes, setCodes] = useState<readonly string[] | undefined>(undefined);
  const leave = (): void => void navigate({ to: "/" });
  const finish = (recoveryCodes: readonly string[] | null): void => {
    if (recoveryCodes === null) leave();
    else setCodes(recoveryCodes);
  };
  if (codes !== undefined) return <RecoveryCodes codes={codes} onStored={leave} />;
  const possible = cards.filter(({ value }) => value !== "passkey" || arePasskeysPossible());
  return (
    <>
      <RadioCards label="Which one?" cards={possible} value={kind} onChange={setKind} />
      {kind === "passkey" ? <PasskeyEnrolment onDone={finish} /> : <TotpEnrolment onDone={finish} />}
      {session?.mustEnrolSecondFactor === false && (
        <Button kind="quiet" isWide onClick={leave}>
          Not now
        </Button>
      )}
    </>
  );
}
