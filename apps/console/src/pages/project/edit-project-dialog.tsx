import type { Project } from "@biped/management-client";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useAction } from "../../api/actions.ts";
import { FormDialog } from "../../design/dialog.tsx";
import { Select } from "../../design/select.tsx";
import { TextField } from "../../design/text-field.tsx";
import { showToast } from "../../design/toast.ts";
import { findTimeZones } from "../account/time-zones.ts";
import { ReloadNotice } from "../credentials/reload-notice.tsx";

type EditProjectDialogProps = { readonly project: Project; readonly onClose: () => void };

/** What is edited is what was there when it opened: a change of somebody else's meanwhile is refused, and told. */
export function EditProjectDialog({ project, onClose }: EditProjectDialogProps) {
  const [opened, setOpened] = useState(project);
  const queryClient = useQueryClient();
  const reload = async (): Promise<void> => {
    const key = ["GET /api/projects/:projectId", { params: { projectId: project.id } }];
    await queryClient.refetchQueries({ queryKey: key });
    setOpened(queryClient.getQueryData<Project>(key) ?? opened);
  };
  return <EditForm key={opened.version} project={opened} onReload={() => void reload()} onClose={onClose} />;
}

type EditFormProps = EditProjectDialogProps & { readonly onReload: () => void };

function EditForm({ project, onReload, onClose }: EditFormProps) {
  const { id: projectId, version } = project;
  const [name, setName] = useState(project.name);
  const [timeZone, setTimeZone] = useState(project.timeZone);
  const action = useAction("PATCH /api/projects/:projectId");
  const isStale = action.failure?.kind === "changed-meanwhile";
  const zones = [...new Set([project.timeZone, ...findTimeZones()])].sort();
  const save = async (): Promise<void> => {
    const done = await action.run(
      { params: { projectId }, body: { name: name.trim(), timeZone } },
      { ifVersion: version },
    );
    if (done === undefined) return;
    onClose();
    showToast({ title: "Project changed", text: done.answer.name });
  };
  return (
    <FormDialog
      onClose={onClose}
      title="Edit project"
      submitLabel="Save"
      action={isStale ? { ...action, failure: undefined } : action}
      isSubmitDisabled={name.trim() === "" || isStale}
      onSubmit={() => void save()}
    >
      <TextField label="Name" value={name} onChange={setName} autoComplete="off" maxLength={200} />
      <Select
        label="Time zone"
        hint="In which the days of its data begin and end. Its exports have one of their own."
        options={zones.map((zone) => ({ value: zone, label: zone.replaceAll("_", " ") }))}
        value={timeZone}
        onChange={setTimeZone}
      />
      {isStale && <ReloadNotice onReload={onReload} />}
    </FormDialog>
  );
}
