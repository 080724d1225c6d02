import type { Project } from "@biped/management-client";
import { Link } from "@tanstack/react-router";
import { listAccountParents } from "../account/account-parents.tsx";

/** The way from the top down to the jobs of a project. */
export function listExportParents(project: Project) {
  const { id: projectId, name } = project;
  return [
    ...listAccountParents(project),
    <Link key="project" to="/projects/$projectId" params={{ projectId }}>
      {name}
    </Link>,
    <Link key="exports" to="/projects/$projectId/exports" params={{ projectId }}>
      Data export
    </Link>,
  ];
}
