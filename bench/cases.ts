/** Everything that a round measures, in the order of the round: one server at a time. */

import { measureClient } from "./cases/client.ts";
import { measureConsole } from "./cases/console.ts";
import { measureJobLists, measureJobListsOnPostgres } from "./cases/export-lists.ts";
import { measureTokensBesideExports } from "./cases/export-tokens.ts";
import { measureExport, measureSmallExport, measureUnsplitExport } from "./cases/exports.ts";
import { measureCredentialMemory, measureIdle, measureStoredRows } from "./cases/footprint.ts";
import { measureGuard } from "./cases/guard.ts";
import { measureManagement, measureManagementOnPostgres } from "./cases/management.ts";
import { measureFeedPolls, measureNode } from "./cases/nodes.ts";
import { measureBelievableData, measureSandboxStart } from "./cases/sandbox.ts";
import {
  measureEs256,
  measureHealth,
  measureMany,
  measurePeer,
  measureRs256,
  measureThousand,
  measureUnrecorded,
} from "./cases/tokens.ts";
import { measureYardstick } from "./cases/yardstick.ts";
import type { Lab } from "./lab.ts";
import type { CpuShares } from "./measure/cpu-meter.ts";

/** Numbers by name; the names carry the units. */
export type Reading = { readonly values: Readonly<Record<string, number>>; readonly cpu?: CpuShares };

export type Measure = (lab: Lab) => Promise<Reading>;

export const cases = {
  openssl: measureYardstick,
  biped: measureRs256,
  "oidc-provider": measurePeer("oidc-provider"),
  "oidc-provider ×2": measurePeer("oidc-provider ×2"),
  "@jmondi": measurePeer("@jmondi"),
  "@jmondi, our signing": measurePeer("@jmondi, our signing"),
  "@node-oauth": measurePeer("@node-oauth"),
  "@node-oauth, our signing": measurePeer("@node-oauth, our signing"),
  "biped ES256": measureEs256,
  "biped, 512 connections": measureHealth,
  "biped, 1,000 credentials": measureThousand,
  "biped, many credentials": measureMany,
  "biped, nothing recorded": measureUnrecorded,
  "biped at rest": measureIdle("compiled"),
  "biped at rest, from source": measureIdle("source"),
  "biped, rows": measureStoredRows,
  "biped, cached credentials": measureCredentialMemory,
  "node, warm": measureNode({ credentials: "one" }),
  "node, warm, 1 core": measureNode({ credentials: "one", cores: "one" }),
  "node, warm, ES256": measureNode({ credentials: "oneForEs256" }),
  "node, warm, ES256, 1 core": measureNode({ credentials: "oneForEs256", cores: "one" }),
  "node, 1,000 credentials": measureNode({ credentials: "thousand" }),
  "node, many credentials": measureNode({ credentials: "many" }),
  "node, feed": measureFeedPolls,
  guard: measureGuard,
  client: measureClient,
  management: measureManagement,
  "management, PostgreSQL": measureManagementOnPostgres,
  console: measureConsole,
  "exports, JSONL": measureExport("JSONL"),
  "exports, CSV": measureExport("CSV"),
  "exports, JSONL in one file": measureUnsplitExport,
  "exports, a tenth": measureSmallExport,
  "exports, lists": measureJobLists,
  "exports, lists, PostgreSQL": measureJobListsOnPostgres,
  "tokens, no export": measureTokensBesideExports(0),
  "tokens, 1 export": measureTokensBesideExports(1),
  "tokens, 20 exports": measureTokensBesideExports(20),
  "tokens, 20 idle exports": measureTokensBesideExports(20, "idle"),
  "sandbox, sessions": measureBelievableData,
  "sandbox, start": measureSandboxStart,
} as const satisfies Readonly<Record<string, Measure>>;

export type CaseName = keyof typeof cases;

/** Those that take minutes are measured in the first rounds alone. */
export const mostRounds: Readonly<Partial<Record<CaseName, number>>> = {
  "node, many credentials": 2,
  "exports, JSONL": 3,
  "exports, JSONL in one file": 1,
  "exports, CSV": 1,
};

export const caseNames = Object.keys(cases).filter((name): name is CaseName => Object.hasOwn(cases, name));
