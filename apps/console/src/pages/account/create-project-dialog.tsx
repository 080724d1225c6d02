import type { Cloud } from "@biped/management-client";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useAction } from "../../api/actions.ts";
import { useOperation } from "../../api/queries.ts";
import { Callout } from "../../design/callout.tsx";
import { FormDialog } from "../../design/dialog.tsx";
import { Select } from "../../design/select.tsx";
import { ErrorState } from "../../design/states.tsx";
import { TextField } from "../../design/text-field.tsx";
import { showToast } from "../../design/toast.ts";
import { findTimeZones } from "./time-zones.ts";

type CreateProjectDialogProps = {
  readonly accountId: number;
  readonly onClose: () => void;
};

const zones = findTimeZones().map((zone) => ({
  value: zone,
  label: zone.replaceAll("_", " "),
}));

export function CreateProjectDialog({ accountId, onClose }: CreateProjectDialogProps) {
  const clouds = useOperation("GET /api/clouds", {});
  const [name, setName] = useState("");
  const [chosenCloud, setCloud] = useState("");
  const [timeZone, setTimeZone] = useState(Intl.DateTimeFormat().resolvedOptions().timeZone);
  const action = useAction("POST /api/accounts/:accountId/projects");
  const navigate = useNavigate();
  const cloud = chosenCloud || (clouds.data?.items[0]?.name ?? "");
  const create = async (): Promise<void> => {
    const done = await action.run({
      params: { accountId },
      body: { name: name.trim(), cloud, timeZone },
    });
    if (done === undefined) return;
    onClose();
    showToast({ title: "Project created", text: done.answer.name });
    await navigate({
      to: "/projects/$projectId",
      params: { projectId: done.answer.id },
    });
  };
  return (
    <FormDialog
      onClose={onClose}
      title="Create project"
      submitLabel="Create project"
      action={action}
      isSubmitDisabled={name.trim() === "" || cloud === ""}
      onSubmit={() => void create()}
    >
      <TextField label="Name" value={name} onChange={setName} autoComplete="off" maxLength={200} />
      {clouds.error !== null && <ErrorState error={clouds.error} onRetry={() => void clouds.refetch()} />}
      {clouds.data !== undefined && <CloudChoice clouds={clouds.data.items} value={cloud} onChange={setCloud} />}
      <Select label="Time zone" options={zones} value={timeZone} onChange={setTimeZone} />
    </FormDialog>
  );
}

type CloudChoiceProps = {
  readonly clouds: readonly Cloud[];
  readonly value: string;
  readonly onChange: (cloud: string) => void;
};

function CloudChoice({ clouds, value, onChange }: CloudChoiceProps) {
  if (clouds.length === 0) {
    return (
      <Callout kind="warning">There is no cloud yet. A platform owner creates the first one under Clouds.</Callout>
    );
  }
  const endpoint = clouds.find(({ name }) => name === value)?.endpoint;
  return (
    <Select
      label="Cloud"
      hint={endpoint === undefined ? "Where the project lives." : `Its programs are sent to ${endpoint}`}
      options={clouds.map(({ name }) => ({ value: name, label: name }))}
      value={value}
      onChange={onChange}
    />
  );
}
