import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, expect, test } from "vitest";

const folder = mkdtempSync(path.join(tmpdir(), "biped-engine-start-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Node then emits an error, and gives a process without a channel: what nobody hears or asks for ends the program. */
test.runIf(process.platform === "linux")(
  "where there is no file descriptor left, the task has failed, and no more",
  async () => {
    const program = path.join(folder, "starved.ts");
    const module = path.join(import.meta.dirname, "engine.ts");
    writeFileSync(
      program,
      `import { closeSync, openSync } from "node:fs";
     import { createEngine } from ${JSON.stringify(module)};
     const engine = createEngine({ memoryBytes: 128_000_000, threads: 1 });
     const run = () => engine.run({ kind: "custom-vars", files: [] }).catch((error) => error.message);
     const held = [];
     try { for (;;) held.push(openSync("/dev/null")); } catch {}
     for (let left = 0; left < 3; left += 1) {
       console.log(await run());
       closeSync(held.pop());
     }
     for (const descriptor of held) closeSync(descriptor);
     console.log(JSON.stringify(await run()));`,
    );
    const command = `ulimit -n 100; exec "${process.execPath}" --conditions=biped-source "${program}"`;
    const starved = spawn("sh", ["-c", command], { stdio: ["ignore", "pipe", "inherit"] });
    const lines = (await text(starved.stdout)).trimEnd().split("\n");
    expect(lines).toEqual([...Array(3).fill("The engine's process could not start."), "[]"]);
  },
);
