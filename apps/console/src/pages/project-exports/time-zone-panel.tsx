import type { Project } from "@biped/management-client";
import { useState } from "react";
import { useAction } from "../../api/actions.ts";
import { useOperation } from "../../api/queries.ts";
import { Button } from "../../design/button.tsx";
import { FormDialog } from "../../design/dialog.tsx";
import { Panel } from "../../design/layout.tsx";
import { Select } from "../../design/select.tsx";
import { Skeleton } from "../../design/states.tsx";
import { showToast } from "../../design/toast.ts";
import { findTimeZones } from "../account/time-zones.ts";
import { nameZone } from "./job-words.ts";

type TimeZonePanelProps = { readonly project: Project; readonly mayChange: boolean };

/** Where it cannot be read, the list above says why. */
export function TimeZonePanel({ project, mayChange }: TimeZonePanelProps) {
  const [isOpen, setOpen] = useState(false);
  const { data, error } = useOperation("GET /api/projects/:projectId/export-settings", {
    params: { projectId: project.id },
  });
  if (error !== null) return null;
  const change = mayChange && data !== undefined && <Button onClick={() => setOpen(true)}>Change</Button>;
  return (
    <Panel
      title="Time zone"
      text={
        data === undefined ? (
          <Skeleton width="16rem" />
        ) : (
          `The days and hours of jobs begin by the clock of ${nameZone(data.timeZone)}.`
        )
      }
      actions={change}
    >
      {isOpen && data !== undefined && (
        <TimeZoneDialog project={project} present={data.timeZone} onClose={() => setOpen(false)} />
      )}
    </Panel>
  );
}

type TimeZoneDialogProps = {
  readonly project: Project;
  readonly present: string;
  readonly onClose: () => void;
};

function TimeZoneDialog({ project, present, onClose }: TimeZoneDialogProps) {
  const [timeZone, setTimeZone] = useState(present);
  const action = useAction("PUT /api/projects/:projectId/export-settings");
  const save = async (): Promise<void> => {
    const done = await action.run({ params: { projectId: project.id }, body: { timeZone } });
    if (done === undefined) return;
    onClose();
    showToast({ title: "Time zone changed", text: nameZone(done.answer.timeZone) });
  };
  return (
    <FormDialog
      onClose={onClose}
      title="Time zone of the exports"
      submitLabel="Save"
      action={action}
      isSubmitDisabled={timeZone === present}
      onSubmit={() => void save()}
    >
      <Select
        label="Time zone"
        options={listZones(project.timeZone, present)}
        value={timeZone}
        onChange={setTimeZone}
      />
      <p className="muted">
        Runs that wait keep their period. The periods after them follow the new time zone, without a gap.
      </p>
    </FormDialog>
  );
}

/** UTC and the project's own come first: nearly everybody wants one of them. */
function listZones(own: string, present: string) {
  return [...new Set(["UTC", own, present, ...findTimeZones()])].map((zone) => ({
    value: zone,
    label: zone === own ? `${nameZone(zone)}, the project's own` : nameZone(zone),
  }));
}
