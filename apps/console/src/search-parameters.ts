/** What stands behind the `?` of a page's address: anybody may have written it. */
export type RawSearch = Readonly<Record<string, unknown>>;

/** The router reads `?search=42` as a number; to us it is a text. */
export function readText(raw: RawSearch, name: string): string | undefined {
  const value = raw[name];
  if (typeof value === "string") return value === "" ? undefined : value.slice(0, 1000);
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

/** Undefined where it is none of these. */
export function readOneOf<const Value extends string>(
  raw: RawSearch,
  name: string,
  values: readonly Value[],
): Value | undefined {
  return values.find((value) => value === raw[name]);
}

export type SignInSearch = {
  readonly returnTo?: string | undefined;
  readonly problem?: string | undefined;
};

export function readSignInSearch(raw: RawSearch): SignInSearch {
  return {
    returnTo: readText(raw, "returnTo"),
    problem: readText(raw, "problem"),
  };
}

const listSorts = ["id", "-id", "name", "-name"] as const;

export type ListSearch = {
  readonly search?: string | undefined;
  readonly sort?: (typeof listSorts)[number] | undefined;
};

/** Of the lists that are sorted by id or name. */
export function readListSearch(raw: RawSearch): ListSearch {
  return {
    search: readText(raw, "search"),
    sort: readOneOf(raw, "sort", listSorts),
  };
}

export type SearchOnly = { readonly search?: string | undefined };

/** Of the lists that have one order. */
export function readSearchOnly(raw: RawSearch): SearchOnly {
  return { search: readText(raw, "search") };
}

export type AuditSearch = {
  readonly accountId?: number | undefined;
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  readonly subject?: string | undefined;
  /** ISO 8601, so that a link means the same in every time zone. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
};

export function readAuditSearch(raw: RawSearch): AuditSearch {
  return {
    accountId: readId(raw, "accountId"),
    actor: readText(raw, "actor"),
    action: readText(raw, "action"),
    subject: readText(raw, "subject"),
    from: readInstant(raw, "from"),
    to: readInstant(raw, "to"),
  };
}

function readId(raw: RawSearch, name: string): number | undefined {
  const text = readText(raw, name);
  return text !== undefined && /^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined;
}

function readInstant(raw: RawSearch, name: string): string | undefined {
  const text = readText(raw, name);
  return text !== undefined && /^[\d-]{10}T[\d:.]{5,}(?:Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text))
    ? text
    : undefined;
}

const credentialSorts = ["name", "-name", "createdAt", "-createdAt"] as const;

export type CredentialListSearch = {
  readonly search?: string | undefined;
  readonly sort?: (typeof credentialSorts)[number] | undefined;
  readonly state?: "enabled" | "disabled" | undefined;
  /** Of an account's list: its own credentials unless others are asked for. */
  readonly level?: "project" | "all" | undefined;
};

export function readCredentialListSearch(raw: RawSearch): CredentialListSearch {
  return {
    search: readText(raw, "search"),
    sort: readOneOf(raw, "sort", credentialSorts),
    state: readOneOf(raw, "state", ["enabled", "disabled"]),
    level: readOneOf(raw, "level", ["project", "all"]),
  };
}

export type CredentialSearch = { readonly days?: "90" | undefined };

/** How far back a credential's use is shown: 30 days unless 90 are asked for. */
export function readCredentialSearch(raw: RawSearch): CredentialSearch {
  return { days: readText(raw, "days") === "90" ? "90" : undefined };
}

export type OverviewSearch = { readonly accountId?: number | undefined; readonly by?: "day" | undefined };

export function readOverviewSearch(raw: RawSearch): OverviewSearch {
  return { accountId: readId(raw, "accountId"), by: readOneOf(raw, "by", ["day"]) };
}

const jobStates = ["ACTIVE", "COMPUTING", "COMPLETED", "SUSPENDED", "DELETED"] as const;

export type ExportJobsSearch = { readonly state?: (typeof jobStates)[number] | undefined };

export function readExportJobsSearch(raw: RawSearch): ExportJobsSearch {
  return { state: readOneOf(raw, "state", jobStates) };
}

const runStates = ["CREATED", "RUNNABLE", "RUNNING", "SUCCESS", "FAILURE"] as const;

export type ExportRunsSearch = { readonly state?: (typeof runStates)[number] | undefined };

export function readExportRunsSearch(raw: RawSearch): ExportRunsSearch {
  return { state: readOneOf(raw, "state", runStates) };
}
