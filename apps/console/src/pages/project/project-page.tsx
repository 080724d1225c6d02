import type { Project } from "@biped/management-client";
import { getRouteApi, Link, Outlet } from "@tanstack/react-router";
import { isPageLost } from "../../api/lost-page.ts";
import { findRole, mayActAs } from "../../api/permissions.ts";
import { useOperation } from "../../api/queries.ts";
import { useSession } from "../../api/session.ts";
import { StateBadge } from "../../design/badge.tsx";
import { PageHeader } from "../../design/layout.tsx";
import { Skeleton, TableSkeleton } from "../../design/states.tsx";
import { TabLinks } from "../../design/tabs.tsx";
import { usePageTitle } from "../../shell/page-title.ts";
import { listAccountParents } from "../account/account-parents.tsx";
import { PageFailure } from "../not-found/page-failure.tsx";
import { ProjectActions } from "./project-actions.tsx";
import "./project.css";

const route = getRouteApi("/signed-in/projects/$projectId");

/** Head and tabs here, each tab a page of its own with its own address. */
export function ProjectPage() {
  const { projectId } = route.useParams();
  const { data, error, refetch } = useOperation("GET /api/projects/:projectId", { params: { projectId } });
  usePageTitle(data?.name);
  if (isPageLost(error, data)) return <PageFailure error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <ProjectSkeleton />;
  return (
    <>
      <ProjectHeader project={data} />
      <ProjectTabs projectId={projectId} />
      {/* What was entered for one project is not for the next. */}
      <div className="project-page__tab" key={projectId}>
        <Outlet />
      </div>
    </>
  );
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

function ProjectHeader({ project }: { readonly project: Project }) {
  const role = findRole(useSession().administrator, project.accountId);
  const state =
    project.state === "enabled" && project.effectiveState === "disabled" ? "account disabled" : project.state;
  return (
    <PageHeader
      breadcrumbs={listAccountParents(project)}
      title={project.name}
      badges={<StateBadge state={state} />}
      text={`Project ${project.id}`}
      actions={mayActAs(role, "administrator") ? <ProjectActions project={project} role={role} /> : undefined}
    />
  );
}

const tabs = [
  { to: "/projects/$projectId", title: "Overview" },
  { to: "/projects/$projectId/exports", title: "Data export" },
] as const;

function ProjectTabs({ projectId }: { readonly projectId: number }) {
  return (
    <TabLinks label="Parts of the project">
      {tabs.map(({ to, title }) => (
        <Link
          key={to}
          to={to}
          params={{ projectId }}
          className="tabs__tab"
          activeOptions={{ exact: true, includeSearch: false }}
          activeProps={{ "aria-current": "page" }}
        >
          {title}
        </Link>
      ))}
    </TabLinks>
  );
}
