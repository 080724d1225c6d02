/** M-04: a property whose values are commands, each run on a store of its own. */

import { migrateStorage } from "@biped/authorization-server";
import fc from "fast-check";
import { afterAll, inject } from "vitest";
import { connectPatiently, createPostgresDatabase } from "../postgres-database.ts";
import { testProperty } from "../property.ts";
import { createRandom } from "../simulated-services.ts";
import { createTemplate, fillTemplate, scopes, startSeconds, type WorldCredential } from "../simulation/world.ts";
import { runInVirtualTime } from "../virtual-machine.ts";
import { createVirtualTime } from "../virtual-time.ts";
import { arbitraryCommands } from "./commands.ts";
import type { Model } from "./reference-model.ts";
import { createSystem } from "./system.ts";

export type ModelProof = {
  readonly engine: "sqlite" | "postgres";
  readonly nodeCount: number;
  readonly runs: number;
  readonly maxCommands: number;
};

export function proveModel({ engine, nodeCount, runs, maxCommands }: ModelProof): void {
  const stores = engine === "sqlite" ? createSqliteStores() : createPostgresStores();
  afterAll(stores.remove);
  testProperty(
    `M-04 on ${engine}, nodes: ${nodeCount}: up to ${maxCommands} commands do what the reference model does`,
    runs,
    fc.asyncProperty(arbitraryCommands(maxCommands), async (commands) => {
      const { url, credentials, remove } = await stores.open();
      const time = createVirtualTime(startSeconds * 1000);
      try {
        await runInVirtualTime(time, async () => {
          const system = await createSystem({ time, url, nodeCount, credentials, random: createRandom(1) });
          try {
            await fc.asyncModelRun(() => ({ model: createModel(credentials), real: system }), commands);
          } finally {
            await system.stop();
          }
        });
      } finally {
        await remove();
      }
    }),
  );
}

function createModel(credentials: readonly WorldCredential[]): Model {
  const enabled = () => ({ isEnabled: true, epoch: 0 });
  return {
    now: startSeconds,
    accounts: new Map([1, 2].map((id) => [id, enabled()])),
    projects: new Map([
      [1, { ...enabled(), account: 1, cloud: "east" }],
      [2, { ...enabled(), account: 1, cloud: "west" }],
      [3, { ...enabled(), account: 2, cloud: "west" }],
    ]),
    credentials: credentials.map(({ accountId, projectId, isAccountLevel }) => ({
      ...enabled(),
      account: accountId,
      project: isAccountLevel ? undefined : projectId,
      scopes,
      expiresAt: Number.POSITIVE_INFINITY,
      isDeleted: false,
      secrets: [{ expiresAt: Number.POSITIVE_INFINITY, state: "live" }],
    })),
    tokens: [],
    compromised: new Set(),
    notBefore: 0,
  };
}

type Store = {
  readonly url: string;
  readonly credentials: readonly WorldCredential[];
  readonly remove: () => Promise<void>;
};

type Stores = { readonly open: () => Promise<Store>; readonly remove: () => Promise<void> };

function createSqliteStores(): Stores {
  const template = createTemplate();
  return {
    open: async () => {
      const { copy, credentials } = await template;
      return { ...(await copy()), credentials };
    },
    remove: async () => (await template).remove(),
  };
}

function createPostgresStores(): Stores {
  let filled: Promise<{ readonly url: string; readonly credentials: readonly WorldCredential[] }> | undefined;
  const fill = async () => {
    const url = await createPostgresDatabase();
    await migrateStorage(url);
    return { url, credentials: await fillTemplate(url) };
  };
  let copies = 0;
  return {
    open: async () => {
      filled ??= fill();
      const { url, credentials } = await filled;
      copies += 1;
      const name = new URL(url).pathname.slice(1);
      const copy = new URL(url);
      copy.pathname = `/${name}_${copies}`;
      await administer(`create database ${name}_${copies} template ${name}`);
      return { url: copy.href, credentials, remove: () => administer(`drop database ${name}_${copies} with (force)`) };
    },
    remove: async () => {},
  };
}

async function administer(statement: string): Promise<void> {
  const client = await connectPatiently(inject("postgresUrl"));
  await client.query(statement).finally(() => client.end());
}
