import type { Credential } from "@biped/management-client";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useAction } from "../../api/actions.ts";
import { readOperation } from "../../api/queries.ts";
import { Button } from "../../design/button.tsx";
import { Callout, FailureCallout } from "../../design/callout.tsx";
import { ConfirmDialog } from "../../design/dialog.tsx";
import { DefinitionList, Panel, Stepper } from "../../design/layout.tsx";
import { Select } from "../../design/select.tsx";
import { showToast } from "../../design/toast.ts";
import { EndText } from "../credentials/end-text.tsx";
import { judgeSilence, type Rotation, type Silence, silences } from "./rotation.ts";
import { rotationSteps } from "./rotation-steps.ts";
import { SecretUse } from "./secret-use.tsx";
import "./credential.css";

const watchMs = 15_000;

type RotationPanelProps = {
  readonly credential: Credential;
  readonly rotation: Rotation;
  readonly mayChange: boolean;
};

/** The last step of a rotation. It follows from the secrets, so that whoever comes back finds it here. */
export function RotationPanel({ credential, rotation, mayChange }: RotationPanelProps) {
  const [silence, setSilence] = useState<Silence>("86400");
  const { clientId } = credential;
  useQuery({ ...readOperation("GET /api/credentials/:clientId", { params: { clientId } }), refetchInterval: watchMs });
  const judgement = judgeSilence(rotation, silence);
  return (
    <Panel title="Rotation under way" text="Both secrets work. Bring the new one to every program, then complete.">
      <div className="stack">
        <Stepper steps={rotationSteps} current={3} />
        <div className="rotation-pair">
          <SecretFacts title="New secret" secret={rotation.current} />
          <SecretFacts title="Former secret" secret={rotation.former} />
        </div>
        <div className="rotation-silence">
          <Select label="Safe to retire after silence of" options={silences} value={silence} onChange={setSilence} />
          <Callout
            kind={judgement.isSafe ? "success" : "info"}
            title={judgement.isSafe ? "The former secret is safe to retire" : "Not yet safe to retire"}
          >
            {judgement.text}
          </Callout>
        </div>
        {mayChange && (
          <RotationActions credential={credential} rotation={rotation} silence={silence} isSafe={judgement.isSafe} />
        )}
      </div>
    </Panel>
  );
}

function SecretFacts({ title, secret }: { readonly title: string; readonly secret: Rotation["former"] }) {
  return (
    <div className="rotation-pair__side">
      <h3>{title}</h3>
      <DefinitionList
        items={[
          { term: "Last use", value: <SecretUse secret={secret} /> },
          { term: "Ends", value: <EndText expiresAt={secret.expiresAt} /> },
        ]}
      />
    </div>
  );
}

type RotationActionsProps = Omit<RotationPanelProps, "mayChange"> & {
  readonly silence: Silence;
  readonly isSafe: boolean;
};

function RotationActions({ credential, rotation, silence, isSafe }: RotationActionsProps) {
  const { clientId, name } = credential;
  const [isCancelling, setCancelling] = useState(false);
  const queryClient = useQueryClient();
  const completion = useAction("DELETE /api/credentials/:clientId/secrets/:secretId");
  const complete = async (): Promise<void> => {
    const done = await completion.run({
      params: { clientId, secretId: rotation.former.id },
      query: { unlessUsedWithinSeconds: Number(silence) },
    });
    if (done !== undefined) showToast({ title: "Rotation completed", text: name });
    // It was refused for what the page has not seen yet.
    else await queryClient.invalidateQueries({ queryKey: ["GET /api/credentials/:clientId"] });
  };
  return (
    <>
      <Completion failure={completion.failure} />
      <div className="row">
        <Button
          kind="primary"
          icon="check"
          isLoading={completion.isRunning}
          isDisabled={!isSafe}
          onClick={() => void complete()}
        >
          Complete the rotation
        </Button>
        <Button onClick={() => setCancelling(true)}>Cancel the rotation</Button>
      </div>
      {isCancelling && (
        <CancelDialog credential={credential} rotation={rotation} onClose={() => setCancelling(false)} />
      )}
    </>
  );
}

/** 409 is the one refusal of a completion: the service looked once more, and the secret was in use. */
function Completion({ failure }: { readonly failure: Parameters<typeof FailureCallout>[0]["failure"] | undefined }) {
  if (failure === undefined) return null;
  if (failure.kind !== "refused") return <FailureCallout failure={failure} />;
  return (
    <Callout kind="warning" title="The former secret was used meanwhile" role="alert">
      Nothing was ended, since a program still gets tokens with it. Its last use above says from where. Bring the new
      secret there, and wait for the silence again.
    </Callout>
  );
}

type CancelDialogProps = Omit<RotationPanelProps, "mayChange"> & { readonly onClose: () => void };

function CancelDialog({ credential, rotation, onClose }: CancelDialogProps) {
  const { clientId, name } = credential;
  const action = useAction("POST /api/credentials/:clientId/secrets/:secretId/cancellation");
  const cancel = async (): Promise<void> => {
    const done = await action.run({ params: { clientId, secretId: rotation.current.id }, body: {} });
    if (done === undefined) return;
    onClose();
    showToast({ title: "Rotation cancelled", text: name });
  };
  return (
    <ConfirmDialog
      onClose={onClose}
      title="Cancel the rotation?"
      confirmLabel="End the new secret"
      action={action}
      onConfirm={() => void cancel()}
    >
      <p>
        The new secret ends at once: programs that have it already get no more tokens with it, and every guard refuses
        those that they got with it within ten seconds.
      </p>
      <p>The former secret lives on as it did before the rotation. You can rotate again at any time.</p>
    </ConfirmDialog>
  );
}
