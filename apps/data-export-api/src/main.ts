#!/usr/bin/env node
import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { migrateDatabase, StoreUnavailable, UnusableDatabase } from "@biped/database";
import { createLog, MistakenSettings, openLogOutput, stopOnSignals } from "@biped/listener";
import { ingest, ingestUsage } from "./commands/ingest.ts";
import { readConfig } from "./config.ts";
import { createEngine } from "./engine/engine.ts";
import { type Config, start, startWorker } from "./start.ts";
import { migrations } from "./storage/migrations.ts";

const usage = `Usage: biped-data-export-api [COMMAND]

Without a command: the API of one cloud, and its runs. Settings are variables of the environment.

  work     its runs alone, in a process more; any number of them where the database is PostgreSQL
  ingest   bring sessions or views in; "ingest --help" tells how
  migrate  bring the database to this program's schema
`;

const nowSeconds = (): number => Date.now() / 1000;

async function main([command, ...words]: readonly string[]): Promise<void> {
  if (command === "--help" || command === "-h") return void process.stdout.write(usage);
  if (command === "ingest" && words.includes("--help")) return void process.stdout.write(ingestUsage);
  const isKnown = command === undefined || ["work", "ingest", "migrate"].includes(command);
  if (!isKnown || (words.length > 0 && command !== "ingest")) throw new MistakenSettings(usage.trimEnd());
  const { config, dataDirectory, logLevel } = readConfig(process.env);
  if (config.databaseUrl.startsWith("sqlite:")) mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
  if (command === "migrate") return migrate(config.databaseUrl);
  if (command === "ingest") return bringIn(config, words);
  const log = createLog(logLevel, openLogOutput(1).write);
  const surroundings = { nowSeconds, randomBytes, log };
  if (command === "work") {
    const worker = await startWorker(config, surroundings);
    log.info("working", { listener: config.cloud });
    stopOnSignals(worker.stop);
    return;
  }
  const api = await start(config, { ...surroundings, guardMode: "production" });
  log.info("listening", { listener: config.cloud, url: api.url });
  stopOnSignals(api.stop);
}

async function migrate(url: string): Promise<void> {
  const done = await migrateDatabase({ url, migrations });
  console.log(done.length === 0 ? "The database is up to date." : `Done: ${done.join(", ")}.`);
}

async function bringIn({ dataRoot: root, engine: settings }: Config, words: readonly string[]): Promise<void> {
  const engine = createEngine(settings);
  const { stdout, stderr } = process;
  process.exitCode = await ingest(words, { root, engine, nowSeconds, stdout, stderr });
}

/** What the operator can put right is told in a line; a bug keeps its stack. A port that is taken is a plain Error. */
function isOperational(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  const isKnown = error instanceof UnusableDatabase || error instanceof StoreUnavailable;
  return isKnown || error instanceof MistakenSettings || error.name === "Error";
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!isOperational(error)) throw error;
  console.error(error.message);
  // At once: a connection that was not let in may hold the process up until the database gives it up.
  process.exit(1);
}
