#!/usr/bin/env node
import { randomBytes } from "node:crypto";
import { createLog, stopOnSignals } from "@biped/listener";
import { readSandboxConfig } from "./config.ts";
import { start } from "./start.ts";
import { formatWelcome } from "./welcome.ts";

const systemSeconds = (): number => Math.floor(Date.now() / 1000);
const monotonicSeconds = (): number => performance.now() / 1000;

const usage = `Usage: biped-sandbox

Runs the whole system on this machine, with demonstration data, until Ctrl-C. Settings are variables of the environment:
  BIPED_DATA_DIR     where the data is kept (.biped)
  BIPED_PUBLIC_PORT  tokens, credentials information, discovery (4000)
  BIPED_ADMIN_PORT   admin listener, clock (4010)
  BIPED_CLOUD_PORTS  Data Export API of each cloud (4001,4002)
  BIPED_HOST         address to listen on (127.0.0.1)
  BIPED_DATA_SEED    what sessions and views are made from (the one before, or a new one)
  BIPED_DATA_SIZE    sessions of a project on a busy day (2000)
`;

/** Whether there is anything else to do; what takes no arguments does not guess what one means. */
function answerArguments([argument]: readonly string[]): boolean {
  if (argument === undefined) return false;
  const isHelp = argument === "--help" || argument === "-h";
  (isHelp ? process.stdout : process.stderr).write(
    isHelp ? usage : `biped sandbox: It takes no arguments.\n\n${usage}`,
  );
  process.exitCode = isHelp ? 0 : 2;
  return true;
}

async function run(): Promise<void> {
  if (answerArguments(process.argv.slice(2))) return;
  const config = readSandboxConfig(process.env);
  const log = createLog(config.server.logLevel, (line) => process.stderr.write(line));
  const starting = start(config, { systemSeconds, monotonicSeconds, randomBytes, log });
  const stop = async (): Promise<void> => {
    process.stdout.write("Stopping…\n");
    try {
      await (await starting).stop();
    } catch (error) {
      log.error("the sandbox did not stop cleanly", { error });
      process.exitCode = 1;
    }
  };
  // Before the start is waited for: its first listeners answer before the last one, and a signal has to drain them.
  stopOnSignals(stop);
  const sandbox = await starting;
  process.stdout.write(formatWelcome(sandbox, monotonicSeconds()));
}

run().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${message.replace(/^/gm, "biped sandbox: ")}\n`);
  process.exitCode = 1;
});
