import type { Project } from "@biped/management-client";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { isPageLost } from "../../api/lost-page.ts";
import { findRole, mayActAs } from "../../api/permissions.ts";
import { useOperation } from "../../api/queries.ts";
import { useSession } from "../../api/session.ts";
import { StateBadge } from "../../design/badge.tsx";
import { Button } from "../../design/button.tsx";
import { Callout } from "../../design/callout.tsx";
import { CopyField } from "../../design/copy.tsx";
import { DefinitionList, PageHeader, Panel, Toolbar } from "../../design/layout.tsx";
import { lazyPart } from "../../design/lazy-part.tsx";
import { Skeleton, TableSkeleton } from "../../design/states.tsx";
import { TimeText } from "../../design/time-text.tsx";
import type { CredentialListSearch } from "../../search-parameters.ts";
import { usePageTitle } from "../../shell/page-title.ts";
import { CredentialFilters } from "../credentials/credential-filters.tsx";
import { CredentialList } from "../credentials/credential-list.tsx";
import { NoCredentials } from "../credentials/no-credentials.tsx";
import { PageFailure } from "../not-found/page-failure.tsx";
import { ProjectActions } from "./project-actions.tsx";

const route = getRouteApi("/signed-in/projects/$projectId");
const CreateCredentialDialog = lazyPart(() =>
  import("../credentials/create-credential-dialog.tsx").then((module) => module.CreateCredentialDialog),
);

export function ProjectPage() {
  const { projectId } = route.useParams();
  const { data, error, refetch } = useOperation("GET /api/projects/:projectId", { params: { projectId } });
  usePageTitle(data?.name);
  if (isPageLost(error, data)) return <PageFailure error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <ProjectSkeleton />;
  return <ProjectSheets key={projectId} project={data} />;
}

function ProjectSkeleton() {
  return (
    <div className="stack">
      <h1 className="visually-hidden">Project</h1>
      <Skeleton width="10rem" />
      <Skeleton width="16rem" />
      <TableSkeleton columns={2} rows={4} />
      <TableSkeleton columns={5} rows={3} />
    </div>
  );
}

function ProjectSheets({ project }: { readonly project: Project }) {
  const role = findRole(useSession().administrator, project.accountId);
  const state =
    project.state === "enabled" && project.effectiveState === "disabled" ? "account disabled" : project.state;
  return (
    <>
      <PageHeader
        breadcrumbs={listParents(project)}
        title={project.name}
        badges={<StateBadge state={state} />}
        text={`Project ${project.id}`}
        actions={mayActAs(role, "administrator") ? <ProjectActions project={project} role={role} /> : undefined}
      />
      <div className="stack stack--loose">
        <div className="stack">
          <StateNotice project={project} />
          <Facts project={project} />
        </div>
        <ProjectCredentials project={project} mayCreate={mayActAs(role, "administrator")} />
      </div>
    </>
  );
}

function listParents({ accountId, accountName }: Project) {
  return [
    <Link key="accounts" to="/accounts">
      Accounts
    </Link>,
    <Link key="account" to="/accounts/$accountId" params={{ accountId }}>
      {accountName}
    </Link>,
  ];
}

function StateNotice({ project: { state, effectiveState, accountName } }: { readonly project: Project }) {
  if (effectiveState === "enabled") return null;
  return (
    <Callout kind="warning" title="Nobody gets a token for this project">
      {state === "disabled"
        ? "The project is disabled: its credentials get no tokens, and those of the account get none for it."
        : `The account ${accountName} is disabled. A platform owner can enable it.`}
    </Callout>
  );
}

function Facts({ project }: { readonly project: Project }) {
  const { cloud, endpoint, timeZone, createdAt } = project;
  return (
    <Panel title="About it">
      <div className="stack">
        <CopyField label="Endpoint" what="endpoint" value={endpoint} />
        <DefinitionList
          items={[
            { term: "Cloud", value: <span className="mono">{cloud}</span> },
            { term: "Time zone", value: timeZone.replaceAll("_", " ") },
            { term: "Created", value: <TimeText instant={createdAt} /> },
          ]}
        />
      </div>
    </Panel>
  );
}

function ProjectCredentials({ project, mayCreate }: { readonly project: Project; readonly mayCreate: boolean }) {
  const { id: projectId, accountId } = project;
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { data: account } = useOperation("GET /api/accounts/:accountId", { params: { accountId } });
  const [isCreating, setCreating] = useState(false);
  const change = (next: CredentialListSearch): void =>
    void navigate({ search: next, replace: true, resetScroll: false });
  const create = mayCreate && (
    <Button kind="primary" icon="plus" onClick={() => setCreating(true)}>
      Create credential
    </Button>
  );
  return (
    <section className="stack" aria-label="Credentials">
      <div>
        <h2>Credentials</h2>
        <p className="muted">Those of this project alone. Credentials of account level get tokens for it too.</p>
      </div>
      <div>
        <Toolbar>
          <CredentialFilters search={search} onChange={change} hasLevels={false} />
          {create}
        </Toolbar>
        <CredentialList
          owner={{ projectId }}
          search={search}
          onSort={(sort) => change({ ...search, sort })}
          empty={<NoCredentials search={search} onChange={change} owner="project" create={create || undefined} />}
        />
      </div>
      {isCreating && account !== undefined && (
        <CreateCredentialDialog account={account} projectId={projectId} onClose={() => setCreating(false)} />
      )}
    </section>
  );
}
