import type { Project } from "@biped/management-client";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { useAction } from "../../api/actions.ts";
import { isPageLost } from "../../api/lost-page.ts";
import { useOperation } from "../../api/queries.ts";
import { Button, formatButtonClass } from "../../design/button.tsx";
import { Callout, FailureCallout } from "../../design/callout.tsx";
import { PageHeader } from "../../design/layout.tsx";
import { ScrolledTo } from "../../design/scrolled-to.tsx";
import { readServiceNowMs } from "../../design/service-clock.ts";
import { Skeleton, TableSkeleton } from "../../design/states.tsx";
import { showToast } from "../../design/toast.ts";
import { usePageTitle } from "../../shell/page-title.ts";
import { PageFailure } from "../not-found/page-failure.tsx";
import { listExportParents } from "./export-parents.tsx";
import { FieldsPanel } from "./fields-panel.tsx";
import { createDraft, explainMissing, type JobDraft, readDraft } from "./job-draft.ts";
import { PreviewPanel } from "./preview-panel.tsx";
import { findRuleAt, readRefusedMember, tellFailure } from "./refused-member.ts";
import { RowsPanel } from "./rows-panel.tsx";
import { useExportRights } from "./use-export-rights.ts";
import { WhatPanel } from "./what-panel.tsx";
import { WhenPanel } from "./when-panel.tsx";
import "./project-exports.css";

const route = getRouteApi("/signed-in/projects/$projectId/exports/new");

export function CreateJobPage() {
  const { projectId } = route.useParams();
  const project = useOperation("GET /api/projects/:projectId", { params: { projectId } });
  const settings = useOperation("GET /api/projects/:projectId/export-settings", { params: { projectId } });
  usePageTitle("Create a job");
  for (const { error, data, refetch } of [project, settings]) {
    if (isPageLost(error, data)) return <PageFailure error={error} onRetry={() => void refetch()} />;
  }
  if (project.data === undefined || settings.data === undefined) return <FormSkeleton />;
  return (
    <>
      <PageHeader
        breadcrumbs={listExportParents(project.data)}
        title="Create a job"
        text="What a job exports cannot be changed later: create another one then, and delete the first."
      />
      <JobForm key={projectId} project={project.data} timeZone={settings.data.timeZone} />
    </>
  );
}

function FormSkeleton() {
  return (
    <div className="stack">
      <h1 className="visually-hidden">Create a job</h1>
      <Skeleton width="12rem" />
      <Skeleton width="16rem" />
      <TableSkeleton columns={1} rows={5} />
      <TableSkeleton columns={2} rows={8} />
    </div>
  );
}

type JobFormProps = { readonly project: Project; readonly timeZone: string };

/** What the panels of the form have in common. */
export type FormPart = {
  readonly draft: JobDraft;
  readonly onChange: (part: Partial<JobDraft>) => void;
  /** What the service did not take at a member of the job, until something is changed. */
  readonly ruleAt: (path: string) => string | undefined;
};

function JobForm({ project, timeZone }: JobFormProps) {
  const [draft, setDraft] = useState(() => createDraft(readServiceNowMs(), timeZone));
  const { create, failure, isRunning, ruleAt } = useCreation(project.id, draft);
  const { mayChange } = useExportRights(project);
  if (!mayChange) return <NotAllowed />;
  const job = readDraft(draft, timeZone);
  const form: FormPart = { draft, ruleAt, onChange: (part) => setDraft((former) => ({ ...former, ...part })) };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (job !== undefined && !isRunning) void create(job);
  };
  return (
    <form className="stack" onSubmit={submit} noValidate>
      <WhatPanel {...form} />
      <WhenPanel {...form} timeZone={timeZone} />
      <FieldsPanel {...form} projectId={project.id} />
      <RowsPanel {...form} />
      <PreviewPanel projectId={project.id} draft={draft} timeZone={timeZone} />
      {failure !== undefined && (
        <ScrolledTo>
          <FailureCallout failure={failure} />
        </ScrolledTo>
      )}
      <div className="job-form__foot">
        {job === undefined && <p className="muted">{explainMissing(draft)}</p>}
        <Link to="/projects/$projectId/exports" params={{ projectId: project.id }} className={formatButtonClass()}>
          Cancel
        </Link>
        <Button type="submit" kind="primary" isLoading={isRunning} isDisabled={job === undefined}>
          Create the job
        </Button>
      </div>
    </form>
  );
}

function NotAllowed() {
  return (
    <Callout kind="warning" title="You may not do this">
      Administrators and owners of the account create jobs, while the project is enabled.
    </Callout>
  );
}

/** The refusal is told in words below, and beside the field that it names. */
function useCreation(projectId: number, draft: JobDraft) {
  const action = useAction("POST /api/projects/:projectId/export-jobs");
  const [sent, setSent] = useState<JobDraft | undefined>(undefined);
  const navigate = useNavigate();
  const create = async (job: NonNullable<ReturnType<typeof readDraft>>): Promise<void> => {
    setSent(draft);
    const done = await action.run({ params: { projectId }, body: job });
    if (done === undefined) return;
    const { jobId, name } = done.answer;
    showToast({ title: "Job created", text: name });
    await navigate({ to: "/projects/$projectId/exports/$jobId", params: { projectId, jobId } });
  };
  const refused = sent === draft ? readRefusedMember(action.failure) : undefined;
  const failure = action.failure === undefined ? undefined : tellFailure(action.failure);
  return { create, failure, isRunning: action.isRunning, ruleAt: (path: string) => findRuleAt(refused, path) };
}
