import type { Cloud } from "@biped/management-client";
import { useState } from "react";
import { useAction } from "../../api/actions.ts";
import { Callout } from "../../design/callout.tsx";
import { FormDialog } from "../../design/dialog.tsx";
import { DefinitionList } from "../../design/layout.tsx";
import { TextField } from "../../design/text-field.tsx";
import { showToast } from "../../design/toast.ts";
import { areAllMet, checkEndpoint } from "./cloud-rules.ts";
import { EndpointField } from "./endpoint-field.tsx";

type ChangeEndpointDialogProps = {
  readonly cloud: Cloud;
  readonly onClose: () => void;
};

/** Tokens follow the endpoint, so that its change is confirmed like something that destroys. */
export function ChangeEndpointDialog({ cloud, onClose }: ChangeEndpointDialogProps) {
  const [endpoint, setEndpoint] = useState("");
  const [typed, setTyped] = useState("");
  const action = useAction("PUT /api/clouds/:cloud/endpoint");
  const isReady = areAllMet(checkEndpoint(endpoint)) && endpoint !== cloud.endpoint && typed.trim() === cloud.name;
  const change = async (): Promise<void> => {
    const input = { params: { cloud: cloud.name }, body: { endpoint } };
    const done = await action.run(input, { ifVersion: cloud.version });
    if (done === undefined) return;
    onClose();
    showToast({ title: "Endpoint changed", text: `New tokens of ${cloud.name} are sent to ${done.answer.endpoint}` });
  };
  return (
    <FormDialog
      onClose={onClose}
      title={`Change the endpoint of ${cloud.name}`}
      submitLabel="Change the endpoint"
      submitKind="danger"
      action={action}
      isSubmitDisabled={!isReady}
      onSubmit={() => void change()}
    >
      <Consequences projectCount={cloud.projectCount} />
      <DefinitionList items={[{ term: "Now", value: <span className="mono">{cloud.endpoint}</span> }]} />
      <EndpointField label="New endpoint" value={endpoint} onChange={setEndpoint} />
      <TextField
        label={`Type “${cloud.name}” to confirm`}
        value={typed}
        onChange={setTyped}
        autoComplete="off"
        spellCheck={false}
      />
    </FormDialog>
  );
}

function Consequences({ projectCount }: Pick<Cloud, "projectCount">) {
  const projects = projectCount === 1 ? "the one project" : `the ${projectCount} projects`;
  return (
    <Callout kind="warning" title="Every new token goes there">
      Programs send each new token of {projects} on this cloud to the new endpoint. Whoever answers at that address can
      use it, so make sure that it is yours. Programs that hold a token stay with the present endpoint until they get a
      new one, within the hour.
    </Callout>
  );
}
