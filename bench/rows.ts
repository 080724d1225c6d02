/** The rows of the table of targets that concern the server, the guard and the client, as ratios of one round. */

import type { CaseName, Reading } from "./cases.ts";

export type Target = { readonly atLeast: number } | { readonly atMost: number };

export type Row = {
  readonly id: string;
  readonly what: string;
  readonly needs: readonly CaseName[];
  /** None: said for information, because a target's number cannot be read rightly without it. */
  readonly target?: Target;
  readonly unit?: string;
  readonly value: (round: Round) => number;
};

/** What one round measured. */
export type Round = Readonly<Partial<Record<CaseName, Reading>>>;

function read(round: Round, name: CaseName, value: string): number {
  const found = round[name]?.values[value];
  if (found === undefined) throw new Error(`The round has no ${value} of ${name}.`);
  return found;
}

const rate = (round: Round, name: CaseName): number => read(round, name, "requestsPerSecond");

type Ratio = { readonly over: CaseName; readonly target?: Target; readonly of?: CaseName };

function rateRow(id: string, what: string, { over, of = "biped", target }: Ratio): Row {
  const value = (round: Round): number => rate(round, of) / rate(round, over);
  return { id, what, needs: [of, over], value, ...(target === undefined ? {} : { target }) };
}

const yardstickRows: readonly Row[] = [
  {
    id: "openssl",
    what: "RS256 tokens/s, 1 process, 64 connections ÷ `openssl speed -multi` rsa2048",
    needs: ["openssl", "biped"],
    target: { atLeast: 0.8 },
    value: (round) => rate(round, "biped") / read(round, "openssl", "signaturesPerSecond"),
  },
  {
    id: "openssl-left",
    what: "the same ÷ (openssl × what the load generator left of the processors)",
    needs: ["openssl", "biped"],
    value: (round) =>
      rate(round, "biped") / (read(round, "openssl", "signaturesPerSecond") * (1 - (round.biped?.cpu?.load ?? 0))),
  },
  {
    id: "p99",
    what: "p99 at 64 connections ÷ (64 ÷ rate)",
    needs: ["biped"],
    target: { atMost: 2 },
    value: (round) => read(round, "biped", "p99Milliseconds") / 1000 / (64 / rate(round, "biped")),
  },
];

const peerRows: readonly Row[] = [
  rateRow("oidc-provider", "tokens/s ÷ oidc-provider, 1 process each", {
    over: "oidc-provider",
    target: { atLeast: 1.8 },
  }),
  {
    id: "oidc-provider-best",
    what: "tokens/s ÷ oidc-provider, best configuration of each (1 process; the better of 1 and 2)",
    needs: ["biped", "oidc-provider", "oidc-provider ×2"],
    target: { atLeast: 1.6 },
    value: (round) => rate(round, "biped") / Math.max(rate(round, "oidc-provider"), rate(round, "oidc-provider ×2")),
  },
  rateRow("jmondi", "tokens/s ÷ @jmondi/oauth2-server, 1 process each, it signs with jsonwebtoken", {
    over: "@jmondi",
    target: { atLeast: 2 },
  }),
  rateRow("jmondi-lent", "the same, but it signs in the thread pool as we do", { over: "@jmondi, our signing" }),
  rateRow("node-oauth", "tokens/s ÷ @node-oauth/oauth2-server, 1 process each, it signs with jsonwebtoken", {
    over: "@node-oauth",
    target: { atLeast: 3 },
  }),
  rateRow("node-oauth-lent", "the same, but it signs in the thread pool as we do", {
    over: "@node-oauth, our signing",
  }),
];

const ownRows: readonly Row[] = [
  rateRow("es256", "ES256 tokens/s ÷ own RS256", { of: "biped ES256", over: "biped", target: { atLeast: 3.5 } }),
  {
    id: "health",
    what: "health p50 ÷ token p50, at 512 connections",
    needs: ["biped, 512 connections"],
    target: { atMost: 0.1 },
    value: (round) =>
      read(round, "biped, 512 connections", "healthP50Milliseconds") /
      read(round, "biped, 512 connections", "p50Milliseconds"),
  },
  rateRow("credentials", "tokens/s at MANY credentials ÷ at 1,000", {
    of: "biped, many credentials",
    over: "biped, 1,000 credentials",
    target: { atLeast: 0.95 },
  }),
  rateRow("recording", "tokens/s with use counting and logging on ÷ off", {
    of: "biped, 1,000 credentials",
    over: "biped, nothing recorded",
    target: { atLeast: 0.95 },
  }),
];

const footprintRows: readonly Row[] = [
  {
    id: "memory-idle",
    what: "memory, idle after start, compiled as it is packed",
    needs: ["biped at rest"],
    target: { atMost: 90 },
    unit: "MB",
    value: (round) => read(round, "biped at rest", "residentMegabytes"),
  },
  {
    id: "memory-idle-source",
    what: "the same, from its sources (`npm run serve`)",
    needs: ["biped at rest, from source"],
    unit: "MB",
    value: (round) => read(round, "biped at rest, from source", "residentMegabytes"),
  },
  {
    id: "memory-busy",
    what: "memory after the load of 64 connections",
    needs: ["biped"],
    unit: "MB",
    value: (round) => read(round, "biped", "residentMegabytes"),
  },
  {
    id: "memory-credential",
    what: "memory per cached credential",
    needs: ["biped, cached credentials"],
    target: { atMost: 300 },
    unit: "B",
    value: (round) => read(round, "biped, cached credentials", "bytesPerCredential"),
  },
  {
    id: "rows",
    what: "rows stored per token",
    needs: ["biped, rows"],
    target: { atMost: 0 },
    value: (round) => read(round, "biped, rows", "rowsPerToken"),
  },
  {
    id: "ready",
    what: "ready after start, MANY credentials, compiled as it is packed",
    needs: ["biped at rest"],
    target: { atMost: 1 },
    unit: "s",
    value: (round) => read(round, "biped at rest", "readySeconds"),
  },
  {
    id: "ready-source",
    what: "the same, from its sources (`npm run serve`)",
    needs: ["biped at rest, from source"],
    unit: "s",
    value: (round) => read(round, "biped at rest, from source", "readySeconds"),
  },
];

type Node = Extract<CaseName, `node, ${string}`>;

function nodeRow(id: string, what: string, of: Node, name = "requestsPerSecond"): Row {
  return { id: `nodes-${id}`, what, needs: [of], value: (round) => read(round, of, name) };
}

const nodeRows: readonly Row[] = [
  nodeRow("rs256", "nodes: RS256 tokens/s of one on PostgreSQL, its credential warm", "node, warm"),
  nodeRow("rs256-core", "the same, the node on one core", "node, warm, 1 core"),
  nodeRow("es256", "the same with ES256, all cores", "node, warm, ES256"),
  nodeRow("es256-core", "the same with ES256, one core", "node, warm, ES256, 1 core"),
  nodeRow("thousand", "nodes: RS256 tokens/s, 1,000 credentials", "node, 1,000 credentials"),
  nodeRow("many", "nodes: RS256 tokens/s, MANY credentials", "node, many credentials"),
  nodeRow("statements-one", "nodes: statements per token, one credential", "node, warm", "statementsPerToken"),
  nodeRow("statements-thousand", "the same, 1,000 credentials", "node, 1,000 credentials", "statementsPerToken"),
  nodeRow("statements-many", "the same, MANY credentials", "node, many credentials", "statementsPerToken"),
  nodeRow("polls", "nodes: polls of the revocation feed/s", "node, feed", "pollsPerSecond"),
  nodeRow("rest", "nodes: statements/s for nothing but to follow changes", "node, feed", "statementsPerSecond"),
];

function guardRow(id: string, what: string, names: readonly [string, string], atLeast: number): Row {
  const [own, other] = names;
  const value = (round: Round): number => read(round, "guard", own) / read(round, "guard", other);
  return { id, what, needs: ["guard"], target: { atLeast }, value };
}

const guardRows: readonly Row[] = [
  guardRow("guard-jose", "guard, uncached ÷ jose one after another", ["guardUncached", "joseOneAfterAnother"], 4),
  guardRow("guard-raw", "guard, uncached ÷ raw `crypto.verify`", ["guardUncached", "rawVerify"], 0.75),
  guardRow("guard-cache-jose", "guard, opt-in cache ÷ jose 16 in flight", ["guardCached", "joseSixteenInFlight"], 20),
  guardRow("guard-cache-fast-jwt", "guard, opt-in cache ÷ fast-jwt's cache", ["guardCached", "fastJwtCached"], 2),
];

function clientRow(id: string, what: string, value: string, more: Pick<Row, "target" | "unit"> = {}): Row {
  return { id, what, needs: ["client"], value: (round) => read(round, "client", value), ...more };
}

/** Against the fastest of those named. */
function keptTokenRow(id: string, what: string, others: readonly string[]): Row {
  const value = (round: Round): number => {
    const fastest = Math.min(...others.map((name) => read(round, "client", `${name}Nanoseconds`)));
    return read(round, "client", "bipedNanoseconds") / fastest;
  };
  return { id, what, needs: ["client"], value };
}

const clientPeers = [
  { id: "openid", label: "openid-client", value: "openidClient" },
  { id: "webapi", label: "oauth4webapi", value: "oauth4webapi" },
  { id: "simple", label: "simple-oauth2, kept by hand as it shows", value: "simpleOauth2" },
  { id: "fetch", label: "@badgateway/oauth2-client's OAuth2Fetch", value: "badgateway" },
  { id: "google", label: "google-auth-library's refreshHandler", value: "google" },
] as const;

const clientRows: readonly Row[] = [
  clientRow("client-cached", "client, `token()` from memory", "bipedNanoseconds", {
    target: { atMost: 200 },
    unit: "ns",
  }),
  clientRow(
    "client-await",
    "awaiting a promise that is resolved already; in every such number",
    "resolvedPromiseNanoseconds",
    {
      unit: "ns",
    },
  ),
  keptTokenRow("client-keeping", "client, `token()` from memory ÷ the fastest library that keeps tokens", [
    "badgateway",
    "google",
  ]),
  keptTokenRow("client-by-hand", "the same ÷ the fastest of the others, kept by hand", [
    "openidClientKept",
    "oauth4webapiKept",
    "simpleOauth2",
  ]),
  clientRow("client-cold", "client, token requests for 1,000 calls at once, cold", "bipedColdRequests", {
    target: { atMost: 1 },
  }),
  ...clientPeers.map(({ id, label, value }) =>
    clientRow(`client-cold-${id}`, `the same, ${label}`, `${value}ColdRequests`),
  ),
  clientRow("client-next", "client, token requests for the next 1,000 calls", "bipedNextRequests", {
    target: { atMost: 0 },
  }),
  ...clientPeers.map(({ id, label, value }) =>
    clientRow(`client-next-${id}`, `the same, ${label}`, `${value}NextRequests`),
  ),
];

const managedStore = "1,000 accounts × 10 projects × 10 credentials";

/** What is summed up and not listed. */
const isSummary = (value: string): boolean => /^(?:overview|credentialUsage)/.test(value);

type Engine = Extract<CaseName, `management${string}`>;

function managementRow(id: string, what: string, name: Engine): Row {
  const value = (round: Round): number => findSlowest(round[name], (each) => !isSummary(each));
  return { id, what, needs: [name], target: { atMost: 50 }, unit: "ms", value };
}

function overviewRow(id: string, what: string, name: Engine): Row {
  return { id, what, needs: [name], unit: "ms", value: (round) => findSlowest(round[name], isSummary) };
}

function findSlowest(reading: Reading | undefined, isMeant: (value: string) => boolean): number {
  const meant = Object.entries(reading?.values ?? {}).filter(([name]) => isMeant(name));
  return Math.max(...meant.map(([, milliseconds]) => milliseconds));
}

const managementRows: readonly Row[] = [
  managementRow("management", `slowest p99 of all lists and searches, ${managedStore}`, "management"),
  managementRow("management-postgres", "the same, PostgreSQL", "management, PostgreSQL"),
  overviewRow("management-overview", "slowest p99 of the overview and a credential's use, SQLite", "management"),
  overviewRow("management-overview-postgres", "the same, PostgreSQL", "management, PostgreSQL"),
];

type Told = Pick<Row, "target" | "unit"> & { readonly read: string; readonly per?: number };

function consoleRow(id: string, what: string, { read: name, per = 1, ...more }: Told): Row {
  return { id, what, needs: ["console"], value: (round) => read(round, "console", name) / per, ...more };
}

const consoleRows: readonly Row[] = [
  consoleRow("console-sign-in", "console, from the address to a sign-in page that one can use, empty cache", {
    read: "signInMilliseconds",
    per: 1000,
    target: { atMost: 1 },
    unit: "s",
  }),
  consoleRow("console-overview", "the same, signed in, to the overview with its first data", {
    read: "overviewMilliseconds",
    per: 1000,
    target: { atMost: 1 },
    unit: "s",
  }),
  consoleRow("console-bytes", "console, scripts and styles of the sign-in page, gzipped", {
    read: "signInBytes",
    per: 1024,
    target: { atMost: 200 },
    unit: "KiB",
  }),
  consoleRow("console-bytes-overview", "the same, of the overview", {
    read: "overviewBytes",
    per: 1024,
    target: { atMost: 200 },
    unit: "KiB",
  }),
];

type Comparison = {
  readonly of: CaseName;
  readonly over?: CaseName;
  readonly in?: "Seconds" | "BusySeconds";
  readonly target?: Target;
};

/** What the engine takes ÷ what DuckDB's own COPY takes. */
function exportRow(id: string, what: string, comparison: Comparison): Row {
  const { of, over = of, in: unit = "Seconds", target } = comparison;
  const value = (round: Round): number => read(round, of, `engine${unit}`) / read(round, over, `duckdb${unit}`);
  return { id, what, needs: [...new Set([of, over])], value, ...(target === undefined ? {} : { target }) };
}

function memoryRow(id: string, what: string, name: CaseName, atMost: number): Row {
  const value = (round: Round): number => read(round, name, "enginePeakMegabytes");
  return { id, what, needs: [name], target: { atMost }, unit: "MB", value };
}

type JobLists = Extract<CaseName, `exports, lists${string}`>;

function jobListRow(id: string, what: string, name: JobLists, more: Pick<Row, "target"> = {}): Row {
  const ending = id.endsWith("p50") ? "P50Milliseconds" : "P99Milliseconds";
  const value = (round: Round): number => findSlowest(round[name], (each) => each.endsWith(ending));
  return { id, what, needs: [name], unit: "ms", value, ...more };
}

type BusyTokens = Extract<CaseName, `tokens, ${string}`>;

function tokensRow(id: string, what: string, of: BusyTokens, more: Pick<Row, "target"> = {}): Row {
  const over: BusyTokens = "tokens, no export";
  const value = (round: Round): number => read(round, of, "p99Milliseconds") / read(round, over, "p99Milliseconds");
  return { id, what, needs: [over, of], value, ...more };
}

function sandboxRow(id: string, what: string, { read: name, ...more }: Told): Row {
  const from: CaseName = id === "exports-sandbox-ready" ? "sandbox, start" : "sandbox, sessions";
  return { id, what, needs: [from], unit: "s", value: (round) => read(round, from, name), ...more };
}

const exportRows: readonly Row[] = [
  exportRow("exports-jsonl", "export of SESSIONS sessions to JSONL.gz in parts of 100 MB ÷ DuckDB's own COPY", {
    of: "exports, JSONL",
    target: { atMost: 1.5 },
  }),
  exportRow("exports-jsonl-busy", "the same, by processor time", { of: "exports, JSONL", in: "BusySeconds" }),
  exportRow("exports-jsonl-unsplit", "export of as many in one file ÷ the same COPY", {
    of: "exports, JSONL in one file",
    over: "exports, JSONL",
  }),
  exportRow("exports-csv", "export of as many to CSV.gz in parts ÷ DuckDB's own COPY", { of: "exports, CSV" }),
  exportRow("exports-csv-busy", "the same, by processor time", { of: "exports, CSV", in: "BusySeconds" }),
  memoryRow("exports-memory", "peak memory of the engine's process, SESSIONS sessions", "exports, JSONL", 400),
  memoryRow("exports-memory-tenth", "the same, TENTH sessions", "exports, a tenth", 400),
  memoryRow("exports-memory-l08", "the first of them against the limit of the security model", "exports, JSONL", 200),
  jobListRow("exports-lists", "slowest p99 of all lists of export jobs, JOBS of the project", "exports, lists", {
    target: { atMost: 20 },
  }),
  jobListRow("exports-lists-postgres", "the same, PostgreSQL", "exports, lists, PostgreSQL", {
    target: { atMost: 20 },
  }),
  jobListRow("exports-lists-p50", "slowest p50 of them, SQLite", "exports, lists"),
  jobListRow("exports-lists-postgres-p50", "the same, PostgreSQL", "exports, lists, PostgreSQL"),
  tokensRow("exports-tokens", "token p99 beside 20 exports at once ÷ without, 16 connections", "tokens, 20 exports", {
    target: { atMost: 1.2 },
  }),
  tokensRow("exports-tokens-idle", "the same, with `CPUSchedulingPolicy=idle`", "tokens, 20 idle exports", {
    target: { atMost: 1.2 },
  }),
  tokensRow("exports-tokens-one", "the same, 1 export, which is the default", "tokens, 1 export"),
  sandboxRow("exports-sandbox-million", "sandbox, 1,000,000 sessions made when first asked for", {
    read: "secondsForAMillion",
    target: { atMost: 20 },
  }),
  sandboxRow("exports-sandbox-day", "the same, a day as it is by default", {
    read: "defaultDaySeconds",
    target: { atMost: 1 },
  }),
  sandboxRow("exports-sandbox-ready", "sandbox, from its first start to the last listener's 200 of `/readyz`", {
    read: "firstReadySeconds",
    target: { atMost: 3 },
  }),
];

export const rows: readonly Row[] = [
  ...yardstickRows,
  ...peerRows,
  ...ownRows,
  ...footprintRows,
  ...nodeRows,
  ...guardRows,
  ...clientRows,
  ...managementRows,
  ...consoleRows,
  ...exportRows,
];
