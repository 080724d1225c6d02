import type { ExportJob } from "@biped/management-client";
import { Link } from "@tanstack/react-router";
import { useOperation } from "../../api/queries.ts";
import { StateBadge } from "../../design/badge.tsx";
import { IconButton } from "../../design/button.tsx";
import { Menu } from "../../design/menu.tsx";
import { Skeleton } from "../../design/states.tsx";
import type { Column } from "../../design/table.tsx";
import { TimeText } from "../../design/time-text.tsx";
import { JobActions } from "./job-actions.tsx";
import { describeContent, describeFrequency, findLastRun, jobStateWords, nameRunState } from "./job-words.ts";
import "./project-exports.css";

type ColumnOptions = { readonly projectId: number; readonly timeZone: string; readonly mayChange: boolean };

export function createJobColumns({ projectId, timeZone, mayChange }: ColumnOptions): readonly Column<ExportJob>[] {
  const columns: readonly Column<ExportJob>[] = [
    {
      id: "name",
      title: "Job",
      isTitle: true,
      cell: ({ jobId, name, ...job }) => (
        <>
          <Link className="table__link" to="/projects/$projectId/exports/$jobId" params={{ projectId, jobId }}>
            {name}
          </Link>
          <span className="table__below">{describeContent(job)}</span>
        </>
      ),
    },
    { id: "when", title: "When", cell: ({ frequency }) => describeFrequency(frequency, timeZone) },
    { id: "state", title: "State", cell: ({ state }) => <StateBadge state={jobStateWords[state]} /> },
    { id: "last", title: "Last run", cell: ({ jobId }) => <LastRun projectId={projectId} jobId={jobId} /> },
  ];
  if (!mayChange) return columns;
  const cell = (job: ExportJob) =>
    job.state === "DELETED" ? null : (
      <JobActions projectId={projectId} job={job}>
        {(items) => (
          <Menu align="end" trigger={<IconButton icon="more" label={`Actions for ${job.name}`} />}>
            {items}
          </Menu>
        )}
      </JobActions>
    );
  return [...columns, { id: "actions", title: "Actions", isTitleHidden: true, align: "end", cell }];
}

/** The newest may wait for the end of its period, and a few more while a standstill is caught up. */
const newestRuns = 5;

function LastRun({ projectId, jobId }: { readonly projectId: number; readonly jobId: number }) {
  const { data, error } = useOperation("GET /api/projects/:projectId/export-jobs/:jobId/runs", {
    params: { projectId, jobId },
    query: { limit: newestRuns },
  });
  if (error !== null) return <span className="muted">cannot be read</span>;
  if (data === undefined) return <Skeleton width="6rem" />;
  const run = findLastRun(data.items);
  if (run === undefined) return <span className="muted">none yet</span>;
  return (
    <span className="exports__last-run">
      <StateBadge state={nameRunState(run)} />
      <span className="table__below">
        <TimeText instant={run.endDate ?? run.startDate} />
      </span>
    </span>
  );
}
