import type { SecretShown } from "@biped/management-client";
import { useBlocker } from "@tanstack/react-router";
import { type ReactNode, useRef, useState } from "react";
import { useSession } from "../../api/session.ts";
import { Button } from "../../design/button.tsx";
import { Callout } from "../../design/callout.tsx";
import { Checkbox } from "../../design/choices.tsx";
import { CodeSamples } from "../../design/code-block.tsx";
import { CopyField, SecretField } from "../../design/copy.tsx";
import { Dialog } from "../../design/dialog.tsx";
import { findRotation } from "../credential/rotation.ts";
import { createSamples, formatEnvironmentFile } from "./samples.ts";
import { useSampleFacts } from "./use-sample-facts.ts";

type SecretDialogProps = {
  readonly title: string;
  readonly shown: SecretShown;
  /** Above it, such as where one is in a wizard. */
  readonly children?: ReactNode;
  readonly onStored: () => void;
};

/** The one place where a secret is seen. It closes only when somebody says that it is stored, or lets it go knowingly. */
export function SecretDialog({ title, shown, children, onStored }: SecretDialogProps) {
  const { credential, clientSecret } = shown;
  const guard = useGuard(clientSecret !== null, onStored);
  return (
    <Dialog onClose={guard.leave} title={title} description={credential.name} size="wide" isKeptOnOutsideClick>
      <div className="dialog__body">
        {children}
        <CopyField label="Client id" what="client id" value={credential.clientId} />
        {clientSecret === null ? (
          <Replayed isRotating={findRotation(credential) !== undefined} />
        ) : (
          <Secret shown={shown} secret={clientSecret} />
        )}
      </div>
      <div className="dialog__foot">
        {guard.isLeaving && <LeavingCallout onLeave={guard.finish} onStay={guard.stay} />}
        <Button kind="primary" onClick={guard.finish}>
          {clientSecret === null ? "Go to the credential" : "I have stored it"}
        </Button>
      </div>
    </Dialog>
  );
}

/** Neither Escape, nor the way back, nor another page, nor closing the tab takes the secret away unasked. */
function useGuard(isNeeded: boolean, onStored: () => void) {
  const isDone = useRef(!isNeeded);
  const [isLeaving, setLeaving] = useState(false);
  useBlocker({
    shouldBlockFn: () => {
      if (!isDone.current) setLeaving(true);
      return !isDone.current;
    },
    enableBeforeUnload: () => !isDone.current,
  });
  const finish = (): void => {
    isDone.current = true;
    onStored();
  };
  return {
    isLeaving,
    finish,
    leave: () => (isNeeded ? setLeaving(true) : finish()),
    stay: () => setLeaving(false),
  };
}

/** Beside the way out, where it is seen however far one has scrolled. */
function LeavingCallout({ onLeave, onStay }: { readonly onLeave: () => void; readonly onStay: () => void }) {
  const actions = (
    <>
      <Button size="small" autoFocus onClick={onStay}>
        Go back to the secret
      </Button>
      <Button size="small" kind="danger" onClick={onLeave}>
        Close without it
      </Button>
    </>
  );
  return (
    <Callout kind="danger" title="Have you stored the secret?" role="alert" actions={actions}>
      Once this is closed nobody can show it again. Without it, you would have to rotate.
    </Callout>
  );
}

/** With two secrets that work there is no room for a third: the one that nobody has seen has to end first. */
function Replayed({ isRotating }: { readonly isRotating: boolean }) {
  return (
    <Callout kind="warning" title="It was made, but its secret cannot be shown">
      The answer that held the secret was lost on its way, and secrets are kept nowhere. Nothing is broken:{" "}
      {isRotating
        ? "go to the credential, cancel the rotation, which ends the secret that nobody has seen, and rotate again."
        : "go to the credential and rotate its secret, which makes a new one."}
    </Callout>
  );
}

function Secret({ shown, secret }: { readonly shown: SecretShown; readonly secret: string }) {
  const { issuer } = useSession();
  const facts = { issuer, ...useSampleFacts(shown.credential) };
  const [isFilled, setFilled] = useState(false);
  return (
    <>
      <SecretField
        label="Secret"
        what="secret"
        value={secret}
        file={{ name: "biped.env", text: formatEnvironmentFile({ ...facts, secret }) }}
      />
      <div className="stack stack--tight">
        <h3>Get a token with it</h3>
        <Checkbox
          label="Put the secret into the samples"
          hint="Otherwise they read it from the environment, where it is in no history and no file of yours."
          isChecked={isFilled}
          onChange={setFilled}
        />
        <CodeSamples label="Samples" samples={createSamples({ ...facts, secret: isFilled ? secret : undefined })} />
      </div>
    </>
  );
}
