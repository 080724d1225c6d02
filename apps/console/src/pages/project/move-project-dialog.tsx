import type { Cloud, Project } from "@biped/management-client";
import { useState } from "react";
import { useAction } from "../../api/actions.ts";
import { useOperation } from "../../api/queries.ts";
import { Button } from "../../design/button.tsx";
import { Callout } from "../../design/callout.tsx";
import { ConfirmDialog, Dialog } from "../../design/dialog.tsx";
import { Select } from "../../design/select.tsx";
import { ErrorState, Skeleton } from "../../design/states.tsx";
import { showToast } from "../../design/toast.ts";
import "./project.css";

type MoveProjectDialogProps = { readonly project: Project; readonly onClose: () => void };

export function MoveProjectDialog({ project, onClose }: MoveProjectDialogProps) {
  const { id: projectId, cloud: presentCloud, name, version } = project;
  const { data, error, refetch } = useOperation("GET /api/clouds", {});
  const others = (data?.items ?? []).filter((cloud) => cloud.name !== presentCloud);
  const [chosen, setChosen] = useState("");
  const target = others.find((cloud) => cloud.name === chosen) ?? others[0];
  const action = useAction("PUT /api/projects/:projectId/cloud");
  const move = async (): Promise<void> => {
    if (target === undefined) return;
    const done = await action.run({ params: { projectId }, body: { cloud: target.name } }, { ifVersion: version });
    if (done === undefined) return;
    onClose();
    showToast({ title: "Project moved", text: `${name} is on ${done.answer.cloud} now.` });
  };
  if (data !== undefined && target === undefined) return <NoOtherCloud onClose={onClose} />;
  return (
    <ConfirmDialog
      onClose={onClose}
      title="Move the project to another cloud?"
      confirmLabel={target === undefined ? "Move the project" : `Move to ${target.name}`}
      action={action}
      onConfirm={() => void move()}
    >
      {error !== null && <ErrorState error={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null && <Skeleton />}
      {target !== undefined && <CloudChoice clouds={others} target={target} onChange={setChosen} />}
      <WhatHappens from={presentCloud} />
    </ConfirmDialog>
  );
}

type CloudChoiceProps = {
  readonly clouds: readonly Cloud[];
  readonly target: Cloud;
  readonly onChange: (name: string) => void;
};

function CloudChoice({ clouds, target, onChange }: CloudChoiceProps) {
  return (
    <Select
      label="New cloud"
      hint={`Its endpoint is ${target.endpoint}`}
      options={clouds.map(({ name }) => ({ value: name, label: name }))}
      value={target.name}
      onChange={onChange}
    />
  );
}

/** Told before it is done, since programs are running. */
function WhatHappens({ from }: { readonly from: string }) {
  return (
    <>
      <p>Programs go on running:</p>
      <ul className="move-story">
        <li>From now on, each new token is for the new cloud, and its answer names the new endpoint.</li>
        <li>
          A program that sends it to <span className="mono">{from}</span> is answered 421. It asks for a token again,
          and calls the endpoint that comes with it.
        </li>
        <li>
          <span className="mono">@biped/client</span> and <span className="mono">biped</span> do so by themselves. A
          program with the endpoint in its settings has to be changed.
        </li>
        <li>Within ten seconds, tokens that were issued before are answered so there too.</li>
      </ul>
      <p>Biped moves no data: what the project holds on its present cloud stays there.</p>
    </>
  );
}

function NoOtherCloud({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog onClose={onClose} title="There is no other cloud">
      <div className="dialog__body">
        <Callout>A platform owner can create one under Clouds.</Callout>
      </div>
      <div className="dialog__foot">
        <Button onClick={onClose}>Close</Button>
      </div>
    </Dialog>
  );
}
