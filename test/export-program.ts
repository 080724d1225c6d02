/** The Data Export API, or a worker of it, as a program with the settings and the clock of a test. */

import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createLog, openLogOutput, stopOnSignals } from "@biped/listener";
import { type Config, start, startWorker } from "../apps/data-export-api/src/start.ts";

export type ExportOrder = {
  readonly command: "serve" | "work";
  readonly config: Config;
  /** Holds the moment, in epoch seconds, for as long as the test does not move it. */
  readonly clockFile: string;
};

const order: ExportOrder = JSON.parse(process.argv[2] ?? "");
const surroundings = {
  nowSeconds: () => Number(readFileSync(order.clockFile, "utf8")),
  randomBytes,
  log: createLog("info", openLogOutput(1).write),
};
const program =
  order.command === "work"
    ? await startWorker(order.config, surroundings)
    : await start(order.config, { ...surroundings, guardMode: "sandbox" });
surroundings.log.info("started", {});
stopOnSignals(program.stop);
// Its parent holds the other end: no program is left when a test is killed.
process.stdin
  .on("close", () => process.exit())
  .resume()
  .unref();
