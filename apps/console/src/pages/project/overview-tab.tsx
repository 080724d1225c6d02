import type { Project } from "@biped/management-client";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { findRole, mayActAs } from "../../api/permissions.ts";
import { useOperation } from "../../api/queries.ts";
import { useSession } from "../../api/session.ts";
import { Button } from "../../design/button.tsx";
import { Callout } from "../../design/callout.tsx";
import { CopyField } from "../../design/copy.tsx";
import { DefinitionList, Panel, Toolbar } from "../../design/layout.tsx";
import { lazyPart } from "../../design/lazy-part.tsx";
import { TimeText } from "../../design/time-text.tsx";
import type { CredentialListSearch } from "../../search-parameters.ts";
import { CredentialFilters } from "../credentials/credential-filters.tsx";
import { CredentialList } from "../credentials/credential-list.tsx";
import { NoCredentials } from "../credentials/no-credentials.tsx";

const route = getRouteApi("/signed-in/projects/$projectId/");
const CreateCredentialDialog = lazyPart(() =>
  import("../credentials/create-credential-dialog.tsx").then((module) => module.CreateCredentialDialog),
);

export function OverviewTab() {
  const { projectId } = route.useParams();
  const { data: project } = useOperation("GET /api/projects/:projectId", { params: { projectId } });
  const { administrator } = useSession();
  // The page shows nothing of a tab before it has read the project.
  if (project === undefined) return null;
  return (
    <div className="stack stack--loose">
      <div className="stack">
        <StateNotice project={project} />
        <Facts project={project} />
      </div>
      <ProjectCredentials
        project={project}
        mayCreate={mayActAs(findRole(administrator, project.accountId), "administrator")}
      />
    </div>
  );
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
