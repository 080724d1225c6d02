import type { ExportJob } from "@biped/management-client";
import { useAction } from "../../api/actions.ts";
import { ConfirmDialog, FormDialog } from "../../design/dialog.tsx";
import { showToast } from "../../design/toast.ts";
import type { JobIntent } from "./job-actions.tsx";

type DialogProps = { readonly projectId: number; readonly job: ExportJob; readonly onClose: () => void };

export function JobDialog({ intent, ...props }: DialogProps & { readonly intent: JobIntent }) {
  if (intent === "delete") return <DeleteDialog {...props} />;
  return <StateDialog {...props} {...(intent === "pause" ? pausing : resuming)} />;
}

type StateChange = {
  readonly state: "ACTIVE" | "SUSPENDED";
  readonly verb: string;
  readonly done: string;
  readonly explain: (job: ExportJob) => readonly string[];
};

const pausing: StateChange = {
  state: "SUSPENDED",
  verb: "Pause",
  done: "Job paused",
  explain: ({ frequency: { value } }) => [
    "No run of it begins any more. One that is running goes on to its end.",
    value === "once"
      ? "Its run waits until you resume the job."
      : `What falls into the pause is not exported: after it, the job goes on with the ${nameUnit(value)} that it is then.`,
    "Files and their links stay as they are.",
  ],
};

const resuming: StateChange = {
  state: "ACTIVE",
  verb: "Resume",
  done: "Job resumed",
  explain: ({ frequency: { value } }) =>
    value === "once"
      ? ["Its run begins as soon as its days have ended."]
      : [
          `It goes on with the ${nameUnit(value)} that it is now.`,
          `Each ${nameUnit(value)} that has passed since it was paused is left out. To have it too, create a job that runs once.`,
        ],
};

function nameUnit(frequency: "daily" | "hourly"): string {
  return frequency === "daily" ? "day" : "hour";
}

function StateDialog({ projectId, job, onClose, state, verb, done, explain }: DialogProps & StateChange) {
  const action = useAction("PUT /api/projects/:projectId/export-jobs/:jobId/state");
  const change = async (): Promise<void> => {
    const changed = await action.run({ params: { projectId, jobId: job.jobId }, body: { state } });
    if (changed === undefined) return;
    onClose();
    showToast({ title: done, text: job.name });
  };
  return (
    <FormDialog
      onClose={onClose}
      title={`${verb} ${job.name}?`}
      submitLabel={`${verb} the job`}
      action={action}
      onSubmit={() => void change()}
    >
      <ul className="bullets">
        {explain(job).map((text) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
    </FormDialog>
  );
}

function DeleteDialog({ projectId, job: { jobId, name }, onClose }: DialogProps) {
  const action = useAction("DELETE /api/projects/:projectId/export-jobs/:jobId");
  const remove = async (): Promise<void> => {
    if ((await action.run({ params: { projectId, jobId } })) === undefined) return;
    onClose();
    showToast({ title: "Job deleted", text: name });
  };
  return (
    <ConfirmDialog
      onClose={onClose}
      title="Delete this job?"
      confirmLabel="Delete the job"
      typedText={name}
      action={action}
      onConfirm={() => void remove()}
    >
      <ul className="bullets">
        <li>No run of it begins any more, and one that is running is stopped.</li>
        <li>Files that it has made can be downloaded until they are 7 days old. Its runs stay in the list.</li>
        <li>It cannot be brought back. To stop it for a while, pause it instead.</li>
      </ul>
    </ConfirmDialog>
  );
}
