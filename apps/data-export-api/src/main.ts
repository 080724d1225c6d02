#!/usr/bin/env node
import { mkdirSync } from "node:fs";
import { migrateDatabase, StoreUnavailable, UnusableDatabase } from "@biped/database";
import { createLog, MistakenSettings, openLogOutput, stopOnSignals } from "@biped/listener";
import { readConfig } from "./config.ts";
import { start } from "./start.ts";
import { migrations } from "./storage/migrations.ts";

const usage = "Usage: biped-data-export-api [migrate]";

async function main(command: string | undefined): Promise<void> {
  if (command !== undefined && command !== "migrate") throw new MistakenSettings(usage);
  const { config, dataDirectory, logLevel } = readConfig(process.env);
  if (config.databaseUrl.startsWith("sqlite:")) mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
  if (command === "migrate") {
    const done = await migrateDatabase({ url: config.databaseUrl, migrations });
    console.log(done.length === 0 ? "The database is up to date." : `Done: ${done.join(", ")}.`);
    return;
  }
  const log = createLog(logLevel, openLogOutput(1).write);
  const nowSeconds = (): number => Date.now() / 1000;
  const api = await start(config, { nowSeconds, log, guardMode: "production" });
  log.info("listening", { listener: config.cloud, url: api.url });
  stopOnSignals(api.stop);
}

/** What the operator can put right is told in a line; a bug keeps its stack. A port that is taken is a plain Error. */
function isOperational(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  const isKnown = error instanceof UnusableDatabase || error instanceof StoreUnavailable;
  return isKnown || error instanceof MistakenSettings || error.name === "Error";
}

try {
  await main(process.argv[2]);
} catch (error) {
  if (!isOperational(error)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
