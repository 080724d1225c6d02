import type { Credential } from "@biped/management-client";
import { getRouteApi, Link } from "@tanstack/react-router";
import { isPageLost } from "../../api/lost-page.ts";
import { findRole, mayActAs } from "../../api/permissions.ts";
import { useOperation } from "../../api/queries.ts";
import { useSession } from "../../api/session.ts";
import { Badge, StateBadge } from "../../design/badge.tsx";
import { Callout } from "../../design/callout.tsx";
import { CopyField } from "../../design/copy.tsx";
import { type Definition, DefinitionList, PageHeader, Panel } from "../../design/layout.tsx";
import { Skeleton, TableSkeleton } from "../../design/states.tsx";
import { TimeOr, TimeText } from "../../design/time-text.tsx";
import { usePageTitle } from "../../shell/page-title.ts";
import { EndText } from "../credentials/end-text.tsx";
import { explainState } from "../credentials/explain-state.ts";
import { PageFailure } from "../not-found/page-failure.tsx";
import { CredentialActions } from "./credential-actions.tsx";
import { RefusalsPanel } from "./refusals-panel.tsx";
import { findRotation } from "./rotation.ts";
import { RotationPanel } from "./rotation-panel.tsx";
import { SamplesPanel } from "./samples-panel.tsx";
import { ScopesPanel } from "./scopes-panel.tsx";
import { SecretsPanel } from "./secrets-panel.tsx";
import { UsagePanel } from "./usage-panel.tsx";

const route = getRouteApi("/signed-in/credentials/$clientId");

export function CredentialPage() {
  const { clientId } = route.useParams();
  const { data, error, refetch } = useOperation("GET /api/credentials/:clientId", { params: { clientId } });
  usePageTitle(data?.name);
  if (isPageLost(error, data)) return <PageFailure error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <CredentialSkeleton />;
  return <CredentialSheets key={clientId} credential={data} />;
}

function CredentialSkeleton() {
  return (
    <div className="stack">
      <h1 className="visually-hidden">Credential</h1>
      <Skeleton width="12rem" />
      <Skeleton width="18rem" />
      <TableSkeleton columns={2} rows={5} />
      <TableSkeleton columns={4} rows={2} />
    </div>
  );
}

function CredentialSheets({ credential }: { readonly credential: Credential }) {
  const { administrator } = useSession();
  const mayChange = mayActAs(findRole(administrator, credential.accountId), "administrator");
  const rotation = findRotation(credential);
  return (
    <>
      <PageHeader
        breadcrumbs={listParents(credential)}
        title={credential.name}
        badges={
          <>
            <StateBadge state={credential.effectiveState} />
            <Badge>{credential.level} level</Badge>
          </>
        }
        actions={mayChange ? <CredentialActions credential={credential} /> : undefined}
      />
      <div className="stack">
        <StateNotice credential={credential} />
        {rotation !== undefined && <RotationPanel credential={credential} rotation={rotation} mayChange={mayChange} />}
        <Facts credential={credential} />
        <SecretsPanel credential={credential} mayChange={mayChange} />
        <UsagePanel clientId={credential.clientId} />
        <RefusalsPanel clientId={credential.clientId} />
        <ScopesPanel scopes={credential.scopes} />
        <SamplesPanel credential={credential} />
      </div>
    </>
  );
}

function listParents({ accountId, accountName, projectId, projectName }: Credential) {
  const account = (
    <Link key="account" to="/accounts/$accountId/credentials" params={{ accountId }}>
      {accountName}
    </Link>
  );
  const accounts = (
    <Link key="accounts" to="/accounts">
      Accounts
    </Link>
  );
  if (projectId === null) return [accounts, account];
  const project = (
    <Link key="project" to="/projects/$projectId" params={{ projectId }}>
      {projectName}
    </Link>
  );
  return [accounts, account, project];
}

function StateNotice({ credential }: { readonly credential: Credential }) {
  const text = explainState(credential);
  if (text === undefined) return null;
  return (
    <Callout kind="warning" title="It gets no tokens">
      {text}
    </Callout>
  );
}

function Facts({ credential }: { readonly credential: Credential }) {
  const { clientId, allowedRanges, expiresAt, createdAt, lastUsedAt } = credential;
  const items: readonly Definition[] = [
    { term: "Gets tokens for", value: <Owner credential={credential} /> },
    {
      term: "Allowed from",
      value: allowedRanges.length === 0 ? "anywhere" : <span className="mono">{allowedRanges.join(", ")}</span>,
    },
    { term: "Ends", value: <EndText expiresAt={expiresAt} /> },
    { term: "Last use", value: <TimeOr instant={lastUsedAt} otherwise="never" /> },
    { term: "Created", value: <TimeText instant={createdAt} /> },
    {
      term: "Changes",
      value: (
        <Link to="/audit-log" search={{ subject: `credential:${clientId}` }}>
          In the audit log
        </Link>
      ),
    },
  ];
  return (
    <Panel title="About it">
      <div className="stack">
        <CopyField label="Client id" what="client id" value={clientId} />
        <DefinitionList items={items} />
      </div>
    </Panel>
  );
}

function Owner({ credential }: { readonly credential: Credential }) {
  const { accountId, accountName, projectId, projectName } = credential;
  if (projectId === null) {
    return (
      <>
        any project of{" "}
        <Link to="/accounts/$accountId" params={{ accountId }}>
          {accountName}
        </Link>
      </>
    );
  }
  return (
    <>
      <Link to="/projects/$projectId" params={{ projectId }}>
        {projectName}
      </Link>
      , project {projectId}
    </>
  );
}
