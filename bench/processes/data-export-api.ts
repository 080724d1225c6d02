/** The Data Export API with its settings from the environment, and an issuer within itself, which mints one token. */

import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createTestIssuer } from "@biped/guard/testing";
import { createLog, openLogOutput, stopOnSignals } from "@biped/listener";
import { readConfig } from "../../apps/data-export-api/src/config.ts";
import { start } from "../../apps/data-export-api/src/start.ts";

const [, , tokenFile = ""] = process.argv;
const nowSeconds = (): number => Date.now() / 1000;
const { config, logLevel } = readConfig(process.env);
const { issuer, endpoint } = config;
const testIssuer = await createTestIssuer({ issuer, endpoint, startSeconds: Math.floor(nowSeconds()) });
const { fetch } = testIssuer.guardOptions;
writeFileSync(tokenFile, await testIssuer.mint({ project_id: 42, scope: "data-export" }), { mode: 0o600 });
const log = createLog(logLevel, openLogOutput(1).write);
const api = await start(config, { nowSeconds, randomBytes, log, fetch, guardMode: "production" });
stopOnSignals(api.stop);
