import type { ExportJob } from "@biped/management-client";
import { type ReactNode, useState } from "react";
import { lazyPart } from "../../design/lazy-part.tsx";
import { MenuItem, MenuSeparator } from "../../design/menu.tsx";

const JobDialog = lazyPart(() => import("./job-dialogs.tsx").then((module) => module.JobDialog));

/** What is asked about before it is done. */
export type JobIntent = "pause" | "resume" | "delete";

type JobActionsProps = {
  readonly projectId: number;
  readonly job: ExportJob;
  /** Where the items of the menu stand. */
  readonly children: (items: ReactNode, onIntend: (intent: JobIntent) => void) => ReactNode;
};

/** What an administrator does with a job, and the dialogs for it. */
export function JobActions({ projectId, job, children }: JobActionsProps) {
  const [intent, setIntent] = useState<JobIntent | undefined>(undefined);
  const isPausable = job.state === "ACTIVE";
  const isPaused = job.state === "SUSPENDED";
  const items = (
    <>
      {isPausable && <MenuItem onSelect={() => setIntent("pause")}>Pause</MenuItem>}
      {isPaused && <MenuItem onSelect={() => setIntent("resume")}>Resume</MenuItem>}
      {(isPausable || isPaused) && <MenuSeparator />}
      <MenuItem icon="trash" kind="danger" onSelect={() => setIntent("delete")}>
        Delete
      </MenuItem>
    </>
  );
  return (
    <>
      {children(items, setIntent)}
      {intent !== undefined && (
        <JobDialog projectId={projectId} job={job} intent={intent} onClose={() => setIntent(undefined)} />
      )}
    </>
  );
}
