/** F-06: a log that nobody reads, or whose reader is gone, neither stops tokens nor keeps the process from ending. */

import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { tokenRequest } from "../started-server.ts";
import { createSqliteStage } from "./sqlite-stage.ts";
import { createClient } from "./token-load.ts";

const batches = 50;
const batchLength = 10;

test.each(["normal", "strict"])(
  "audit mode %s: every token is issued, and SIGTERM ends the server with 0",
  async (mode) => {
    await using stage = await createSqliteStage({ writerCount: 1, seed: 1 });
    const held = await stage.addCredential();
    const pipe = join(stage.directory, "log");
    execFileSync("mkfifo", [pipe]);
    const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    const before = ["sh", "-c", `BIPED_AUDIT_MODE=${mode} exec "$@" >"${pipe}"`, "sh"];
    const server = await stage.start({ before, readyUrl: `${stage.site.adminUrl}/readyz` });
    const client = createClient();
    const issue = async () => {
      let issued = 0;
      // Not all at once: the server turns away what it cannot do in time.
      for (let batch = 0; batch < batches; batch += 1) {
        const ask = () => client.post(`${stage.site.publicUrl}/v1/oauth/token`, tokenRequest(held));
        const replies = await Promise.all(Array.from({ length: batchLength }, ask));
        issued += replies.filter(({ status }) => status === 200).length;
      }
      return issued;
    };
    // 64 KiB of lines fill the pipe.
    expect(await issue()).toBe(batches * batchLength);
    closeSync(reader);
    expect(await issue()).toBe(batches * batchLength);
    client.close();
    const startedAt = performance.now();
    expect(await server.end("SIGTERM")).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  },
  120_000,
);
