import type { Project } from "@biped/management-client";
import { Link } from "@tanstack/react-router";

/** The way from the top down to an account, for the pages of what belongs to it. */
export function listAccountParents({ accountId, accountName }: Pick<Project, "accountId" | "accountName">) {
  return [
    <Link key="accounts" to="/accounts">
      Accounts
    </Link>,
    <Link key="account" to="/accounts/$accountId" params={{ accountId }}>
      {accountName}
    </Link>,
  ];
}
