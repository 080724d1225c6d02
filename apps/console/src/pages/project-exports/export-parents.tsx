import type { Project } from "@biped/management-client";
import { Link } from "@tanstack/react-router";

/** The way from the top down to the jobs of a project. */
export function listExportParents({ id: projectId, name, accountId, accountName }: Project) {
  return [
    <Link key="accounts" to="/accounts">
      Accounts
    </Link>,
    <Link key="account" to="/accounts/$accountId" params={{ accountId }}>
      {accountName}
    </Link>,
    <Link key="project" to="/projects/$projectId" params={{ projectId }}>
      {name}
    </Link>,
    <Link key="exports" to="/projects/$projectId/exports" params={{ projectId }}>
      Data export
    </Link>,
  ];
}
