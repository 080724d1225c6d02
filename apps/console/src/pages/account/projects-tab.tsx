import type { Project } from "@biped/management-client";
import { getRouteApi, Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { mayActAs } from "../../api/permissions.ts";
import { useList, useOperation } from "../../api/queries.ts";
import { StateBadge } from "../../design/badge.tsx";
import { Button } from "../../design/button.tsx";
import { Toolbar } from "../../design/layout.tsx";
import { lazyPart } from "../../design/lazy-part.tsx";
import { ListView } from "../../design/list-view.tsx";
import { SearchField } from "../../design/search-field.tsx";
import { EmptyState } from "../../design/states.tsx";
import type { Column } from "../../design/table.tsx";
import type { ListSearch } from "../../search-parameters.ts";

const route = getRouteApi("/signed-in/accounts/$accountId/");
const CreateProjectDialog = lazyPart(() =>
  import("./create-project-dialog.tsx").then((module) => module.CreateProjectDialog),
);

export function ProjectsTab() {
  const { accountId } = route.useParams();
  const { search } = route.useSearch();
  const navigate = route.useNavigate();
  const change = (next: ListSearch): void =>
    void navigate({ search: (former) => ({ ...former, ...next }), replace: true });
  const { data: account } = useOperation("GET /api/accounts/:accountId", {
    params: { accountId },
  });
  const [isCreating, setCreating] = useState(false);
  const create = mayActAs(account?.role, "administrator") && (
    <Button kind="primary" icon="plus" onClick={() => setCreating(true)}>
      Create project
    </Button>
  );
  return (
    <>
      <Toolbar>
        <SearchField label="Search projects" value={search} onSearch={(text) => change({ search: text })} />
        {create}
      </Toolbar>
      <ProjectList create={create || undefined} onSort={(sort) => change({ sort })} />
      {isCreating && <CreateProjectDialog accountId={accountId} onClose={() => setCreating(false)} />}
    </>
  );
}

type Sort = "id" | "name";

const columns: readonly Column<Project, Sort>[] = [
  {
    id: "name",
    title: "Project",
    sort: "name",
    isTitle: true,
    cell: ({ id, name }) => (
      <Link className="table__link" to="/projects/$projectId" params={{ projectId: id }}>
        {name}
      </Link>
    ),
  },
  { id: "id", title: "Id", sort: "id", align: "end", cell: ({ id }) => id },
  {
    id: "cloud",
    title: "Cloud",
    cell: ({ cloud, endpoint }) => (
      <span>
        <span className="mono">{cloud}</span>
        <span className="table__below">{endpoint}</span>
      </span>
    ),
  },
  {
    id: "credentials",
    title: "Credentials",
    align: "end",
    cell: ({ credentialCount }) => credentialCount,
  },
  {
    id: "state",
    title: "State",
    cell: ({ state, effectiveState }) => (
      <StateBadge state={state === "enabled" && effectiveState === "disabled" ? "account disabled" : state} />
    ),
  },
];

type ProjectListProps = {
  readonly create: ReactNode;
  readonly onSort: (sort: Sort | `-${Sort}`) => void;
};

function ProjectList({ create, onSort }: ProjectListProps) {
  const { accountId } = route.useParams();
  const { search, sort } = route.useSearch();
  const list = useList("GET /api/projects", (cursor) => ({
    query: { accountId, search, sort, cursor },
  }));
  return (
    <ListView
      label="Projects"
      noun="project"
      list={list}
      columns={columns}
      rowKey={({ id }) => id}
      sort={sort}
      onSort={onSort}
      empty={<NoProjects search={search} create={create} />}
    />
  );
}

function NoProjects({ search, create }: { readonly search: string | undefined; readonly create: ReactNode }) {
  if (search !== undefined) {
    return (
      <EmptyState icon="search" title="No project is called so">
        Nothing in this account has “{search}” in its name, or as its id.
      </EmptyState>
    );
  }
  return (
    <EmptyState icon="project" title="No projects yet" actions={create}>
      A project lives on exactly one cloud. A token names one project, and tells its program where that cloud is.
    </EmptyState>
  );
}
