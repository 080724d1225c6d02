import type { ExportJob, ExportRun } from "@biped/management-client";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { useList } from "../../api/queries.ts";
import { FilterSelect } from "../../design/filter-select.tsx";
import { Panel } from "../../design/layout.tsx";
import { lazyPart } from "../../design/lazy-part.tsx";
import { ListView } from "../../design/list-view.tsx";
import { readServiceNowMs } from "../../design/service-clock.ts";
import { EmptyState } from "../../design/states.tsx";
import { isRunLive, nameZone } from "./job-words.ts";
import { createRunColumns } from "./run-columns.tsx";

const route = getRouteApi("/signed-in/projects/$projectId/exports/$jobId");
const FilesDialog = lazyPart(() => import("./files-dialog.tsx").then((module) => module.FilesDialog));

type State = ExportRun["state"];

const stateOptions: readonly { readonly value: State | "any"; readonly label: string }[] = [
  { value: "any", label: "Any state" },
  { value: "CREATED", label: "Waiting" },
  { value: "RUNNABLE", label: "Due" },
  { value: "RUNNING", label: "Running" },
  { value: "SUCCESS", label: "Succeeded" },
  { value: "FAILURE", label: "Failed" },
];

type RunsPanelProps = {
  readonly projectId: number;
  readonly job: ExportJob;
  readonly timeZone: string;
  readonly maySeeFiles: boolean;
};

export function RunsPanel({ projectId, job, timeZone, maySeeFiles }: RunsPanelProps) {
  const { jobId, state: jobState } = job;
  const { state } = route.useSearch();
  const navigate = route.useNavigate();
  const [opened, setOpened] = useState<ExportRun | undefined>(undefined);
  const mayBegin = jobState === "ACTIVE" || jobState === "COMPUTING";
  const list = useList(
    "GET /api/projects/:projectId/export-jobs/:jobId/runs",
    (cursor) => ({ params: { projectId, jobId }, query: { state, limit: 20, cursor } }),
    { isLive: (run) => run.state === "RUNNING" || (mayBegin && isRunLive(run, readServiceNowMs())) },
  );
  const filter = (
    <FilterSelect
      label="State"
      options={stateOptions}
      value={state ?? "any"}
      onChange={(value) =>
        void navigate({ search: { state: value === "any" ? undefined : value }, replace: true, resetScroll: false })
      }
    />
  );
  return (
    <Panel title="Runs" text={`The newest first. Periods are told in ${nameZone(timeZone)}.`} actions={filter}>
      <ListView
        label="Runs"
        noun="run"
        list={list}
        columns={createRunColumns({ timeZone, mayBegin, onOpenFiles: maySeeFiles ? setOpened : undefined })}
        rowKey={({ jobRunId }) => jobRunId}
        empty={<NoRuns isFiltered={state !== undefined} />}
      />
      {opened !== undefined && (
        <FilesDialog projectId={projectId} run={opened} timeZone={timeZone} onClose={() => setOpened(undefined)} />
      )}
    </Panel>
  );
}

function NoRuns({ isFiltered }: { readonly isFiltered: boolean }) {
  if (isFiltered) {
    return (
      <EmptyState icon="search" title="No run is in this state">
        Choose another state to see the other runs of the job.
      </EmptyState>
    );
  }
  return (
    <EmptyState icon="download" title="No runs">
      Each run exports the rows of one period. The next one is planned within seconds, unless the job is paused or
      deleted.
    </EmptyState>
  );
}
