#!/usr/bin/env node
import { randomBytes } from "node:crypto";
import { createLog } from "@biped/listener";
import { readSandboxConfig } from "./config.ts";
import { start } from "./start.ts";
import { formatWelcome } from "./welcome.ts";

const systemSeconds = (): number => Math.floor(Date.now() / 1000);
const monotonicSeconds = (): number => performance.now() / 1000;

async function run(): Promise<void> {
  const config = readSandboxConfig(process.env);
  const log = createLog(config.server.logLevel, (line) => process.stderr.write(line));
  const sandbox = await start(config, { systemSeconds, monotonicSeconds, randomBytes, log });
  process.stdout.write(formatWelcome(sandbox.demo, sandbox.demoPath, monotonicSeconds()));
  const stop = (): void => {
    process.stdout.write("Stopping…\n");
    sandbox.stop().catch((error: unknown) => {
      log.error("the sandbox did not stop cleanly", { error });
      process.exitCode = 1;
    });
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}

run().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${message.replace(/^/gm, "biped sandbox: ")}\n`);
  process.exitCode = 1;
});
