/** What the cases share: how long to measure, a folder of their own, and the stores, each made when first needed. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RequestBodies } from "./load/load.ts";
import { compileServer, createProgram } from "./servers/biped.ts";
import { type BipedStore, copyStore, createStore, writeOnlyBody } from "./servers/biped-store.ts";
import { startServer } from "./servers/child-server.ts";
import { seedCredentials } from "./servers/seed-credentials.ts";
import { type ListedJobs, seedExportJobs } from "./servers/seed-export-jobs.ts";
import { type ManagedStore, seedManagement } from "./servers/seed-management.ts";
import { makeSessionFiles, type SessionFiles } from "./servers/session-files.ts";

export type Pace = {
  readonly rounds: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  readonly opensslSeconds: number;
  /** For readings that are taken again because others used the processors. */
  readonly repeatSeconds: number;
  /** What stands for a million credentials. */
  readonly manyCredentials: number;
  /** Of each list and search, one after another. */
  readonly listCalls: number;
  /** Of each page of the console, each in a browser that was just started. */
  readonly pageLoads: number;
  /** What stands for a million sessions, and ten times as many for ten millions. */
  readonly sessionsADay: number;
  /** What stands for a hundred thousand export jobs. */
  readonly exportJobs: number;
  /** Of each list of export jobs. */
  readonly jobListCalls: number;
};

export const fullPace: Pace = {
  rounds: 5,
  warmUpSeconds: 3,
  seconds: 8,
  opensslSeconds: 3,
  repeatSeconds: 240,
  manyCredentials: 1_000_000,
  listCalls: 50,
  pageLoads: 5,
  sessionsADay: 1_000_000,
  exportJobs: 100_000,
  jobListCalls: 200,
};

/** Enough to see that everything runs; its numbers mean little. */
export const quickPace: Pace = {
  rounds: 1,
  warmUpSeconds: 1,
  seconds: 2,
  opensslSeconds: 1,
  repeatSeconds: 0,
  manyCredentials: 50_000,
  listCalls: 5,
  pageLoads: 1,
  sessionsADay: 50_000,
  exportJobs: 10_000,
  jobListCalls: 20,
};

export type StockedStore = { readonly store: BipedStore; readonly bodies: RequestBodies };

export type Lab = {
  readonly pace: Pace;
  readonly folder: string;
  /** One credential. */
  readonly one: () => Promise<StockedStore>;
  readonly oneForEs256: () => Promise<StockedStore>;
  readonly thousand: () => Promise<StockedStore>;
  readonly many: () => Promise<StockedStore>;
  /** With who manages it and what they did. */
  readonly managed: () => Promise<ManagedStore>;
  /** To export, ten times those of a day. */
  readonly sessions: () => Promise<SessionFiles>;
  /** Of one project, very many. */
  readonly jobs: () => Promise<ListedJobs>;
  /** Brings the compiled server up to its sources. */
  readonly compile: () => Promise<void>;
  readonly close: () => void;
};

export function openLab(pace: Pace): Lab {
  const folder = mkdtempSync(join(tmpdir(), "biped-bench-"));
  const template = once(async () => createStore(join(folder, "template")));
  const stock = (name: string, credentials: number, algorithm: "RS256" | "ES256" = "RS256") =>
    once(async () => {
      const store = copyStore(await template(), join(folder, name));
      const bodies = credentials === 1 ? writeOnlyBody(store) : await seedCredentials(store, credentials);
      // The first start makes the signing key; no case is to wait for that.
      const server = await startServer(createProgram(store, { algorithm }));
      await server.stop();
      return { store, bodies };
    });
  return {
    pace,
    folder,
    one: stock("one", 1),
    oneForEs256: stock("es256", 1, "ES256"),
    thousand: stock("thousand", 1000),
    many: stock("many", pace.manyCredentials),
    managed: once(async () => seedManagement(copyStore(await template(), join(folder, "managed")))),
    sessions: once(async () => makeSessionFiles(join(folder, "sessions"), pace.sessionsADay)),
    jobs: once(async () => seedExportJobs(join(folder, "jobs"), pace.exportJobs)),
    compile: once(async () => compileServer()),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function once<Made>(make: () => Promise<Made>): () => Promise<Made> {
  let made: Promise<Made> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
