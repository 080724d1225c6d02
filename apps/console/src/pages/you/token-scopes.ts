import type { AccessToken } from "@biped/management-client";

export type TokenScope = AccessToken["scopes"][number];

type ScopeText = { readonly scope: TokenScope; readonly title: string; readonly text: string };

/** What a token may change, in the order of the navigation. Reading is part of every one. */
export const scopeTexts: readonly ScopeText[] = [
  {
    scope: "accounts",
    title: "Accounts",
    text: "Create, rename and disable them, take their tokens back, and set how long credentials live.",
  },
  {
    scope: "projects",
    title: "Projects",
    text: "Create, change and disable them, take their tokens back, and move them to another cloud.",
  },
  { scope: "export-jobs", title: "Export jobs", text: "Create, pause and delete them, and get links to their files." },
  {
    scope: "credentials",
    title: "Credentials",
    text: "Create, change and delete them, rotate their secrets, and take tokens back.",
  },
  { scope: "clouds", title: "Clouds", text: "Create them, and change the endpoints to which tokens are sent." },
  {
    scope: "signing-keys",
    title: "Signing keys",
    text: "Rotate them, end them in an emergency, and take the tokens of everybody back.",
  },
  { scope: "administrators", title: "Administrators", text: "Invite and disable people, and set their roles." },
];

/** "read, and change projects and credentials". */
export function formatScopes(scopes: readonly TokenScope[]): string {
  const changed = scopeTexts.filter(({ scope }) => scopes.includes(scope)).map(({ title }) => title.toLowerCase());
  const last = changed.at(-1);
  if (last === undefined) return "reads, changes nothing";
  const others = changed.slice(0, -1).join(", ");
  return `reads, and changes ${others === "" ? last : `${others} and ${last}`}`;
}

const longestDays = 365;

/** Undefined where it is no whole number of days that the service takes. */
export function parseTokenDays(text: string): number | undefined {
  const days = /^\d{1,3}$/.test(text.trim()) ? Number(text) : Number.NaN;
  return days >= 1 && days <= longestDays ? days : undefined;
}

/** No token in it: what is typed on a command line stays in the shell's history. */
export function formatLoginSample(adminUrl: string): string {
  return [
    `biped admin login --admin-url ${adminUrl}`,
    "# paste the token when it is asked for",
    "biped admin whoami",
  ].join("\n");
}
