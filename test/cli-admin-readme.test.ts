/** The README's part on administration: its samples run in a shell, and its session is repeated in a pseudo-terminal. */

import { execFile } from "node:child_process";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type StartedManagement, startManagement } from "./management-server.ts";
import { type CommandPlace, createCommandPlace, readScreen, runInTerminal } from "./pseudo-terminal.ts";
import { createFacts } from "./started-server.ts";

const root = join(import.meta.dirname, "..");
const file = join(root, "apps/cli/README.md");
const document = await readFile(file, "utf8");
const read = (name: string): string =>
  new RegExp(`^\`\`\`(?:sh|console) run=${name}\n([\\s\\S]*?)^\`\`\`$`, "m").exec(document)?.[1] ?? "";
const declaration = /^```yaml\n([\s\S]*?)^```$/m.exec(document)?.[1] ?? "";
const run = promisify(execFile);

let started: StartedManagement;
let token: string;
let place: CommandPlace;

beforeEach(async () => {
  started = await startManagement("sqlite");
  // What the samples say of ends is meant from today on.
  started.clock.seconds = Math.floor(Date.now() / 1000);
  const administratorId = await started.addAdministrator({ email: "ann@example.com", isPlatformOwner: true });
  const scopes = ["read", "accounts", "projects", "clouds", "credentials", "signing-keys"] as const;
  const { headers } = await started.makeAccessToken("readme", { administratorId, scopes });
  token = headers.authorization?.replace("Bearer ", "") ?? "";
  place = await createCommandPlace();
});
afterEach(async () => {
  await started.stop();
  await place.remove();
});

test("apply: the session is what the command prints today", async () => {
  await writeFile(join(place.directory, "biped.yaml"), declaration);
  const commands = read("apply").match(/(?<=^\$ ).*$/gm) ?? [];
  expect(commands.length).toBe(4);
  const env = { ...place.env, NO_COLOR: "1", BIPED_ADMIN_URL: started.adminUrl, BIPED_ADMIN_TOKEN: token };
  let recorded = "";
  for (const command of commands) {
    const { output, exitCode } = await runInTerminal(command.split(" ").slice(1), { env, columns: 120 });
    expect(exitCode).toBe(0);
    recorded += `$ ${command}\n${readScreen(output)}`;
  }
  // BIPED_RECORD=1 takes the session down anew, for a reader to look at before it is kept.
  if (process.env.BIPED_RECORD === "1") {
    await writeFile(
      file,
      document.replace(read("apply"), () => recorded),
    );
    return;
  }
  expect(blot(recorded)).toBe(blot(read("apply")));
  expect(recorded).not.toMatch(/biped_live_/);
});

/** What differs between two runs. */
function blot(text: string): string {
  return text.replaceAll(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g, "UUID");
}

test("admin and rotation: the samples run as they stand", async () => {
  await createFacts(started);
  const bin = join(place.directory, "bin");
  const program = join(root, "apps/cli/src/main.ts");
  await mkdir(bin);
  const script = `#!/bin/sh\nexec "${process.execPath}" --conditions=biped-source "${program}" "$@"\n`;
  await writeFile(join(bin, "biped"), script);
  await chmod(join(bin, "biped"), 0o755);
  await writeFile(join(place.directory, "token.txt"), `${token}\n`);
  const samples = `${read("admin")}\n${read("rotation")}\n${read("revoke")}`.replaceAll(
    "https://console.example.com",
    started.adminUrl,
  );
  const env = { ...place.env, PATH: `${bin}:${process.env.PATH}` };
  const { stdout } = await run("sh", ["-ec", samples], { cwd: place.directory, env });
  expect(stdout).toContain("ann@example.com");
  expect(stdout).toMatch(/^Scopes\tdata-export metrics$/m);
  expect(stdout).toMatch(/^credential\t[\da-f-]{36}\tNightly\t\d+ Acme$/m);
  expect(stdout).toMatch(/\tproject\t\d+\tann@example\.com [^\t]+\tproject\.tokens-revoked\t/);
  expect(stdout).toMatch(/^All of it within \d+ ms\.$/m);
  expect(stdout).not.toMatch(/biped_(?:live|admin)_/);
  expect(await readFile(join(place.directory, "secret.txt"), "utf8")).toMatch(/^biped_live_[0-9A-Za-z]{49}\n$/);
  expect(await readFile(join(place.directory, "new-secret.txt"), "utf8")).toMatch(/^biped_live_[0-9A-Za-z]{49}\n$/);
});
