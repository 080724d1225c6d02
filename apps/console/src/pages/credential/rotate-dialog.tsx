import type { Credential, SecretShown } from "@biped/management-client";
import { useState } from "react";
import { useAction } from "../../api/actions.ts";
import { FormDialog } from "../../design/dialog.tsx";
import { Stepper } from "../../design/layout.tsx";
import { SecretDialog } from "../credentials/secret-dialog.tsx";
import { OverlapChoice } from "./overlap-choice.tsx";
import { findLiveSecrets, parseOverlapDays } from "./rotation.ts";
import { rotationSteps } from "./rotation-steps.ts";
import "./credential.css";

type RotateDialogProps = { readonly credential: Credential; readonly onClose: () => void };

const usualOverlapDays = "7";

/** From the explanation to the new secret. What comes then takes days, and is on the credential's page. */
export function RotateDialog({ credential, onClose }: RotateDialogProps) {
  const [step, setStep] = useState<"explain" | "overlap">("explain");
  const [overlap, setOverlap] = useState(usualOverlapDays);
  const [shown, setShown] = useState<SecretShown | undefined>(undefined);
  const action = useAction("POST /api/credentials/:clientId/secrets");
  const { clientId, version } = credential;
  const overlapDays = parseOverlapDays(overlap);
  const hasSecret = findLiveSecrets(credential).length > 0;
  const goOn = async (): Promise<void> => {
    if (step === "explain" && hasSecret) return setStep("overlap");
    const body = hasSecret && overlapDays !== undefined ? { overlapDays } : {};
    const done = await action.run({ params: { clientId }, body }, { ifVersion: version });
    if (done !== undefined) setShown(done.answer);
  };
  if (shown !== undefined) return <NewSecret shown={shown} isRotation={hasSecret} onStored={onClose} />;
  const isMaking = step === "overlap" || !hasSecret;
  return (
    <FormDialog
      onClose={onClose}
      title={hasSecret ? "Rotate the secret" : "Make a new secret"}
      size="wide"
      isKeptOnOutsideClick
      submitLabel={isMaking ? "Make the new secret" : "Go on"}
      action={action}
      isSubmitDisabled={step === "overlap" && overlapDays === undefined}
      onSubmit={() => void goOn()}
    >
      {hasSecret && <Stepper steps={rotationSteps} current={step === "explain" ? 0 : 1} />}
      {step === "overlap" ? (
        <OverlapChoice days={overlap} onChange={setOverlap} />
      ) : (
        <Explanation hasSecret={hasSecret} />
      )}
    </FormDialog>
  );
}

type NewSecretProps = {
  readonly shown: SecretShown;
  readonly isRotation: boolean;
  readonly onStored: () => void;
};

function NewSecret({ shown, isRotation, onStored }: NewSecretProps) {
  return (
    <SecretDialog title="The new secret" shown={shown} onStored={onStored}>
      {isRotation && <Stepper steps={rotationSteps} current={2} />}
    </SecretDialog>
  );
}

function Explanation({ hasSecret }: { readonly hasSecret: boolean }) {
  if (!hasSecret) return <p>None of its secrets works, so that nothing ends. The new one is shown once.</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: What scrolls on a small screen can be scrolled by keyboard.
    <section className="stack" tabIndex={0} aria-label="What a rotation is">
      <p>A rotation replaces the secret without an outage: for a while, the present and the new secret both work.</p>
      <ol className="rotation-story">
        <li>You get a new secret, which is shown once.</li>
        <li>You bring it to every program that uses this credential.</li>
        <li>The console shows when and from where the former secret was last used.</li>
        <li>When it has been silent for long enough, you complete the rotation, and it ends.</li>
      </ol>
      <p>Until then you can cancel: the new secret ends, and all is as it was.</p>
      <p className="muted">If the secret has leaked, make the new one with no overlap instead.</p>
    </section>
  );
}
