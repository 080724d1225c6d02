import type { ExportJob, Project } from "@biped/management-client";
import { getRouteApi, Link } from "@tanstack/react-router";
import { isPageLost } from "../../api/lost-page.ts";
import { useOperation } from "../../api/queries.ts";
import { StateBadge } from "../../design/badge.tsx";
import { Button, IconButton } from "../../design/button.tsx";
import { type Definition, DefinitionList, PageHeader, Panel } from "../../design/layout.tsx";
import { Menu } from "../../design/menu.tsx";
import { readServiceNowMs } from "../../design/service-clock.ts";
import { Skeleton, TableSkeleton } from "../../design/states.tsx";
import { Table } from "../../design/table.tsx";
import { TimeText } from "../../design/time-text.tsx";
import { usePageTitle } from "../../shell/page-title.ts";
import { PageFailure } from "../not-found/page-failure.tsx";
import { listExportParents } from "./export-parents.tsx";
import { JobActions } from "./job-actions.tsx";
import { nameColumn } from "./job-draft.ts";
import { describeContent, describeFrequency, deviceTitles, isJobLive, jobStateWords } from "./job-words.ts";
import { RunsPanel } from "./runs-panel.tsx";
import { useExportRights } from "./use-export-rights.ts";
import { useExportZone } from "./use-export-zone.ts";

const route = getRouteApi("/signed-in/projects/$projectId/exports/$jobId");

export function JobPage() {
  const { projectId, jobId } = route.useParams();
  const project = useOperation("GET /api/projects/:projectId", { params: { projectId } });
  const job = useOperation(
    "GET /api/projects/:projectId/export-jobs/:jobId",
    { params: { projectId, jobId } },
    { isLive: (shown) => isJobLive(shown, readServiceNowMs()) },
  );
  usePageTitle(job.data?.name);
  for (const { error, data, refetch } of [project, job]) {
    if (isPageLost(error, data)) return <PageFailure error={error} onRetry={() => void refetch()} />;
  }
  if (project.data === undefined || job.data === undefined) return <JobSkeleton />;
  return <JobSheets key={`${projectId} ${jobId}`} project={project.data} job={job.data} />;
}

function JobSkeleton() {
  return (
    <div className="stack">
      <h1 className="visually-hidden">Job</h1>
      <Skeleton width="12rem" />
      <Skeleton width="18rem" />
      <TableSkeleton columns={6} rows={4} />
      <TableSkeleton columns={2} rows={5} />
    </div>
  );
}

type JobSheetsProps = { readonly project: Project; readonly job: ExportJob };

function JobSheets({ project, job }: JobSheetsProps) {
  const { mayChange } = useExportRights(project);
  const timeZone = useExportZone(project.id);
  return (
    <>
      <PageHeader
        breadcrumbs={listExportParents(project)}
        title={job.name}
        badges={<StateBadge state={jobStateWords[job.state]} />}
        text={`${describeContent(job)}. ${describeFrequency(job.frequency, timeZone)}.`}
        actions={mayChange && job.state !== "DELETED" ? <HeadActions project={project} job={job} /> : undefined}
      />
      <div className="stack">
        <RunsPanel projectId={project.id} job={job} timeZone={timeZone} maySeeFiles={mayChange} />
        <Facts project={project} job={job} />
        <Fields job={job} />
      </div>
    </>
  );
}

function HeadActions({ project, job }: JobSheetsProps) {
  return (
    <JobActions projectId={project.id} job={job}>
      {(items, onIntend) => (
        <>
          {job.state === "ACTIVE" && <Button onClick={() => onIntend("pause")}>Pause</Button>}
          {job.state === "SUSPENDED" && (
            <Button kind="primary" onClick={() => onIntend("resume")}>
              Resume
            </Button>
          )}
          <Menu align="end" trigger={<IconButton icon="more" label="More actions" />}>
            {items}
          </Menu>
        </>
      )}
    </JobActions>
  );
}

function Facts({ project: { id: projectId }, job }: JobSheetsProps) {
  const { jobId, format, formulaGuard, deviceLabel, segmentId, createdAt } = job;
  const guard: Definition = {
    term: "Guard against formulas",
    value: formulaGuard === true ? "on" : <span className="muted">off</span>,
  };
  const items: readonly Definition[] = [
    { term: "Id", value: jobId },
    { term: "Devices", value: deviceTitles[deviceLabel] },
    { term: "Users", value: segmentId === null ? "all" : `those of segment ${segmentId}` },
    ...(format === "CSV" ? [guard] : []),
    { term: "Created", value: <TimeText instant={createdAt} /> },
    {
      term: "Changes",
      value: (
        <Link to="/audit-log" search={{ subject: `project:${projectId}`, action: "export-job" }}>
          Of the project's jobs, in the audit log
        </Link>
      ),
    },
  ];
  return (
    <Panel title="About it">
      <DefinitionList items={items} />
    </Panel>
  );
}

type Column = { readonly place: number; readonly name: string; readonly source: string };

function Fields({ job: { fields } }: { readonly job: ExportJob }) {
  const rows = fields.map((field, index): Column => {
    const source = nameColumn(field);
    return { place: index + 1, name: field.aliasName ?? source, source };
  });
  return (
    <Panel title="Fields" text="The columns of its files, in this order.">
      <Table
        label="Fields"
        rows={rows}
        rowKey={({ place }) => place}
        columns={[
          { id: "name", title: "Column", isTitle: true, cell: ({ name }) => <span className="mono">{name}</span> },
          { id: "source", title: "Field", cell: ({ source }) => <span className="mono">{source}</span> },
        ]}
      />
    </Panel>
  );
}
