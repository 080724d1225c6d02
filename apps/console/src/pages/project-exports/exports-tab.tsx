import type { ExportJob, Project } from "@biped/management-client";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useList, useOperation } from "../../api/queries.ts";
import { formatButtonClass } from "../../design/button.tsx";
import { Callout } from "../../design/callout.tsx";
import { FilterSelect } from "../../design/filter-select.tsx";
import { Icon } from "../../design/icon.tsx";
import { Toolbar } from "../../design/layout.tsx";
import { ListView } from "../../design/list-view.tsx";
import { EmptyState } from "../../design/states.tsx";
import { createJobColumns } from "./job-columns.tsx";
import { jobStateWords } from "./job-words.ts";
import { LinksPanel } from "./links-panel.tsx";
import { TimeZonePanel } from "./time-zone-panel.tsx";
import { useExportRights } from "./use-export-rights.ts";
import { useExportZone } from "./use-export-zone.ts";

const route = getRouteApi("/signed-in/projects/$projectId/exports");

export function ExportsTab() {
  const { projectId } = route.useParams();
  const { data: project } = useOperation("GET /api/projects/:projectId", { params: { projectId } });
  // The page shows nothing of a tab before it has read the project.
  return project === undefined ? null : <Exports project={project} />;
}

function Exports({ project }: { readonly project: Project }) {
  const { mayChange, isFrozen } = useExportRights(project);
  return (
    <div className="stack stack--loose">
      <section aria-label="Jobs">
        {isFrozen && <FrozenNotice />}
        <Jobs project={project} mayChange={mayChange} />
      </section>
      <div className="stack">
        <TimeZonePanel project={project} mayChange={mayChange} />
        {mayChange && <LinksPanel projectId={project.id} />}
      </div>
    </div>
  );
}

function FrozenNotice() {
  return (
    <div className="exports__notice">
      <Callout kind="warning" title="Nothing can be changed here">
        The project or its account is disabled. Jobs and runs can still be looked at.
      </Callout>
    </div>
  );
}

type State = ExportJob["state"];

const stateOptions: readonly { readonly value: State | "any"; readonly label: string }[] = [
  { value: "any", label: "Any state" },
  { value: "ACTIVE", label: "Active" },
  { value: "COMPUTING", label: "Running" },
  { value: "SUSPENDED", label: "Paused" },
  { value: "COMPLETED", label: "Completed" },
  { value: "DELETED", label: "Deleted" },
];

/** Few on a page: each row reads the last run of its job. */
const rowsAtOnce = 20;

type JobsProps = { readonly project: Project; readonly mayChange: boolean };

function Jobs({ project: { id: projectId }, mayChange }: JobsProps) {
  const { state } = route.useSearch();
  const timeZone = useExportZone(projectId);
  const list = useList("GET /api/projects/:projectId/export-jobs", (cursor) => ({
    params: { projectId },
    query: { state, limit: rowsAtOnce, cursor },
  }));
  const create = mayChange ? <CreateLink projectId={projectId} /> : undefined;
  const isEmpty = list.items?.length === 0 && state === undefined;
  return (
    <>
      {!isEmpty && (
        <Toolbar>
          <StateFilter />
          {create}
        </Toolbar>
      )}
      <ListView
        label="Jobs"
        noun="job"
        list={list}
        columns={createJobColumns({ projectId, timeZone, mayChange })}
        rowKey={({ jobId }) => jobId}
        empty={<NoJobs state={state} create={create} />}
      />
    </>
  );
}

function StateFilter() {
  const { state } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <FilterSelect
      label="State"
      options={stateOptions}
      value={state ?? "any"}
      onChange={(value) => void navigate({ search: { state: value === "any" ? undefined : value }, replace: true })}
    />
  );
}

function CreateLink({ projectId }: { readonly projectId: number }) {
  return (
    <Link
      to="/projects/$projectId/exports/new"
      params={{ projectId }}
      className={formatButtonClass({ kind: "primary" })}
    >
      <Icon name="plus" />
      Create a job
    </Link>
  );
}

function NoJobs({ state, create }: { readonly state: State | undefined; readonly create: ReactNode }) {
  if (state !== undefined) {
    return (
      <EmptyState icon="search" title={`No job is ${jobStateWords[state]}`}>
        Choose another state to see the other jobs of the project.
      </EmptyState>
    );
  }
  return (
    <EmptyState icon="download" title="No jobs yet" actions={create}>
      A job writes the project's sessions or page views to files: once, every hour or every day. Programs fetch the
      files with a token for data-export, and people here.
    </EmptyState>
  );
}
