import type { ManagementClient } from "@biped/management-client";
import { readClouds } from "../admin/clouds.ts";
import { checkItems, takePages } from "../admin/take-pages.ts";
import type { Declaration, DeclaredAccount } from "./declaration.ts";
import type { Present } from "./plan.ts";

/** Reads what the file speaks of: all clouds, scopes and accounts, and of its own accounts the projects and credentials. */
export async function readPresent(management: ManagementClient, declaration: Declaration): Promise<Present> {
  const declared = declaration.accounts ?? [];
  const clouds = await readClouds(management);
  const { items: scopes } = await management.call("GET /api/scopes");
  checkItems(scopes);
  const accounts =
    declared.length === 0 ? [] : await takePages((query) => management.call("GET /api/accounts", { query }));
  const projects: Present["projects"][number][] = [];
  const credentials: Present["credentials"][number][] = [];
  for (const { id: accountId, name } of accounts) {
    const own = declared.filter((account) =>
      account.id === undefined ? account.name === name : account.id === accountId,
    );
    if (own.some((account) => account.projects !== undefined)) {
      const read = (page: object) => management.call("GET /api/projects", { query: { accountId, ...page } });
      projects.push(...(await takePages(read)));
    }
    if (own.some(hasCredentials)) {
      const read = (page: object) => management.call("GET /api/credentials", { query: { accountId, ...page } });
      credentials.push(...(await takePages(read)));
    }
  }
  return { clouds, accounts, projects, credentials, scopes };
}

function hasCredentials({ credentials, projects = [] }: DeclaredAccount): boolean {
  return credentials !== undefined || projects.some((project) => project.credentials !== undefined);
}
