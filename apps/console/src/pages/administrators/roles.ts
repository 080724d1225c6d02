import type { Role } from "@biped/management-client";

type RoleText = { readonly value: Role; readonly title: string; readonly text: string };

/** What each role may, from the least to the most: each may what those before it may. */
export const roleTexts: readonly RoleText[] = [
  {
    value: "viewer",
    title: "Viewer",
    text: "Sees projects, credentials and the audit log of the account. Changes nothing.",
  },
  {
    value: "administrator",
    title: "Administrator",
    text: "Also creates and changes projects, and creates, rotates and deletes credentials.",
  },
  {
    value: "owner",
    title: "Owner",
    text: "Also renames the account, sets its rules, and decides who its members are.",
  },
];
