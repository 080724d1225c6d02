/** Every command and sample in the documents is run, or named here with the test that runs it. */

import { execFile, spawn } from "node:child_process";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { globSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import { formatExportedEvent } from "@biped/management-client/audit-chain";
import { createSecret } from "@biped/protocol";
import { describe, expect, test } from "vitest";
import { openStorage } from "../apps/authorization-server/src/storage/open-storage.ts";
import { loadAdminCommands } from "../apps/cli/src/admin/admin-commands.ts";
import type { CommandContext } from "../apps/cli/src/command-context.ts";
import { readCommandTree } from "../apps/cli/src/completion/command-tree.ts";
import { createProgram } from "../apps/cli/src/program.ts";
import { settingsByProgram, writeSettings } from "../tools/settings-docs.ts";
import { findFreePorts } from "./free-ports.ts";
import { createPostgresDatabase } from "./postgres-database.ts";
import { createFacts, startServer } from "./started-server.ts";

const root = join(import.meta.dirname, "..");
const run = promisify(execFile);

type Sample = {
  readonly file: string;
  readonly language: string;
  readonly name: string | undefined;
  readonly text: string;
};

async function readSamples(): Promise<readonly Sample[]> {
  const files = globSync("**/*.md", { cwd: root, exclude: (path) => /(^|\/)(node_modules|dist|results)$/.test(path) });
  const found: Sample[] = [];
  for (const file of files) {
    const document = await readFile(join(root, file), "utf8");
    for (const [, info = "", text = ""] of document.matchAll(/^```([^\n]*)\n([\s\S]*?)^```$/gm)) {
      const [language = "", ...words] = info.split(" ");
      found.push({ file, language, name: /run=(\S+)/.exec(words.join(" "))?.[1], text });
    }
  }
  return found;
}

const samples = await readSamples();
const find = (file: string, name: string): string => {
  const sample = samples.find((candidate) => candidate.file === file && candidate.name === name);
  if (sample === undefined) throw new Error(`${file} has no sample ${name}`);
  return sample.text;
};

/** Which samples run where: here, or `audit` in audit-log.test.ts. A sample that is not listed fails the first test. */
const runners: Readonly<Record<string, readonly string[]>> = {
  "README.md": ["commands", "flow", "export", "clock", "client", "server"],
  "docs/operating.md": [
    ...["first", "postgres", "rotate", "audit", "setup", "owner"],
    ...["exports", "export-workers", "ingest", "rotate-kek", "backup", "restore"],
  ],
  "apps/data-export-api/README.md": ["job"],
  "packages/management-client/README.md": ["sample"],
};
/** Samples of these documents are run by a test of their own. */
const elsewhere = new Set([
  "docs/guard-your-api.md",
  "packages/guard/README.md",
  "packages/client/README.md",
  "apps/cli/README.md",
  "bench/README.md",
  "deploy/README.md",
]);

test("each sample of a runnable language has a test that runs it", () => {
  const runnable = samples.filter(({ language }) => /^(sh|bash|js|ts|javascript|typescript|json)$/.test(language));
  const stray = runnable.filter(({ file, name }) => !elsewhere.has(file) && !runners[file]?.includes(name ?? ""));
  expect(stray.map(({ file, text }) => `${file}: ${text.split("\n", 1)[0]}`)).toEqual([]);
  expect(runnable.length).toBeGreaterThanOrEqual(7);
});

type Workplace = {
  readonly directory: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly ports: readonly number[];
};

async function inWorkplace(work: (place: Workplace) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "biped-documents-"));
  const ports = await findFreePorts(4);
  const [publicPort, adminPort, aws, azure] = ports;
  const environment = {
    ...process.env,
    BIPED_DATA_DIR: join(directory, ".biped"),
    BIPED_PUBLIC_PORT: String(publicPort),
    BIPED_ADMIN_PORT: String(adminPort),
    BIPED_CLOUD_PORTS: `${aws},${azure}`,
  };
  try {
    await work({ directory, environment, ports });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Runs a command until `work` is done with it; it must then end by SIGTERM with status 0. */
async function whileRunning(command: readonly string[], place: Workplace, work: () => Promise<void>): Promise<void> {
  const [program = "", ...args] = command;
  const child = spawn(program, args, { cwd: root, env: place.environment, stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  child.stdout.resume();
  try {
    await waitUntilHealthy(place);
    await work();
  } finally {
    child.kill("SIGTERM");
    expect(await ended).toBe(0);
  }
}

async function waitUntilHealthy({ ports }: Workplace): Promise<void> {
  const deadline = performance.now() + 40_000;
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${ports[0]}/healthz`).catch(() => undefined);
    if (answer?.status === 200) return;
    if (performance.now() > deadline) throw new Error("the program did not become healthy");
    await sleep(50);
  }
}

const sources = [process.execPath, "--conditions=biped-source"];

/** Against the sandbox of this directory, from its clone: only there is npm's script another directory's program. */
async function runExportSample({ directory, environment }: Workplace): Promise<void> {
  const program = [...sources, join(root, "apps/cli/src/main.ts")].map((word) => `'${word}'`).join(" ");
  const sample = find("README.md", "export").replace("npm run --silent biped --", program);
  expect(sample).toContain(program);
  const env = { ...environment, BIPED_CONFIG_DIR: join(directory, "config") };
  const { stdout } = await run("sh", ["-ec", sample], { cwd: directory, env });
  const [file = "", ...others] = await readdir(join(directory, "exports"));
  expect(others).toEqual([]);
  const lines = gunzipSync(await readFile(join(directory, "exports", file)))
    .toString()
    .trimEnd()
    .split("\n");
  expect(stdout.split("\n").slice(-4)).toEqual([...lines.slice(0, 3), ""]);
  expect(Object.keys(JSON.parse(lines[0] ?? ""))).toEqual(["session_id", "country_code", "session_duration_msec"]);
  const [, jobId = "", runId = ""] = /^job-(\d+)-run-(\d+)-part-1\.jsonl\.gz$/.exec(file) ?? [];
  const runs = await run("sh", ["-ec", `${program} exports runs ${jobId} --json`], { cwd: directory, env });
  const told = { jobRunId: Number(runId), state: "SUCCESS", rowCount: lines.length };
  expect(JSON.parse(runs.stdout)).toMatchObject([told]);
}

/** Against the sandbox of this directory, with the credential of its first project-level user. */
async function runClientSample(directory: string): Promise<string> {
  const demo = JSON.parse(await readFile(join(directory, ".biped", "demo.json"), "utf8"));
  const [, credential] = demo.credentials;
  const script = join(directory, "client.ts");
  await symlink(join(root, "node_modules"), join(directory, "node_modules"));
  await writeFile(join(directory, "package.json"), '{"type":"module"}');
  await writeFile(script, find("README.md", "client"));
  const env = {
    ...process.env,
    BIPED_AUTH_URL: demo.issuer,
    BIPED_CLIENT_ID: credential.client_id,
    BIPED_CLIENT_SECRET: credential.client_secret,
    BIPED_SCOPE: "data-export",
  };
  return (await run(process.execPath, ["--conditions=biped-source", script], { env, cwd: directory })).stdout;
}

/** Against the sandbox of this directory, with a token as its README says. */
async function runJobSample(directory: string): Promise<string> {
  const { issuer, credentials } = JSON.parse(await readFile(join(directory, ".biped", "demo.json"), "utf8"));
  const [{ client_id, client_secret }] = credentials;
  const asked = { client_id, client_secret, grant_type: "client_credentials", scope: "data-export", project_id: "42" };
  const answer = await fetch(`${issuer}/v1/oauth/token`, { method: "POST", body: new URLSearchParams(asked) });
  const { access_token, endpoint } = await answer.json();
  const env = { ...process.env, TOKEN: access_token, ENDPOINT: endpoint };
  return (await run("sh", ["-ec", find("apps/data-export-api/README.md", "job")], { env })).stdout;
}

describe("README.md", () => {
  test("its two commands are npm start and npm test, and npm start runs the sandbox whose flow, client, export, job and clock samples work", async () => {
    expect(find("README.md", "commands").match(/^npm \w+/gm)).toEqual(["npm start", "npm test"]);
    await inWorkplace(async (place) => {
      const { directory, environment, ports } = place;
      await whileRunning(["npm", "start"], place, async () => {
        const script = join(directory, "flow.mjs");
        await writeFile(script, find("README.md", "flow"));
        await waitForFile(join(directory, ".biped", "demo.json"));
        const { stdout } = await run(process.execPath, [script], { cwd: directory });
        expect(stdout).toContain("1 Nightly sessions");
        expect(await runClientSample(directory)).toContain("1 Nightly sessions");
        await runExportSample(place);
        const created = { success: true, payload: { jobId: expect.any(Number) } };
        expect(JSON.parse(await runJobSample(directory))).toEqual(created);
        const clock = find("README.md", "clock").replace("127.0.0.1:4010", `127.0.0.1:${ports[1]}`);
        const moved = await run("sh", ["-ec", clock], { env: environment });
        expect(JSON.parse(moved.stdout).now).toBeGreaterThan(Date.now() / 1000 + 3600);
      });
    });
  }, 120_000);

  test("its session is part of the one that the command's README records and a test repeats", async () => {
    // How long an answer took, and the day, are those of the recording.
    const withoutTimes = (text: string): string => text.replace(/\d+ ms$|20\d\d-\d\d-\d\d$/gm, "…");
    const lines = (text: string): readonly string[] => withoutTimes(text.trim()).split("\n");
    const session = samples.find(({ file, language }) => file === "README.md" && language === "console");
    const recorded = new Set(lines(find("apps/cli/README.md", "session")));
    expect(lines(session?.text ?? "").filter((line) => !recorded.has(line))).toEqual([]);
    expect(lines(session?.text ?? "").length).toBeGreaterThan(10);
  });

  test("its commands for a server create what they say, and npm run serve gives a token for it", async () => {
    await inWorkplace(async (place) => {
      const script = placeData(find("README.md", "server"), place);
      const [before = "", serve = ""] = script.split(/(?=^npm run serve$)/m);
      const { stdout } = await run("sh", ["-ec", before], { cwd: root, env: place.environment });
      const clientId = /"clientId": "([^"]+)"/.exec(stdout)?.[1];
      const clientSecret = /"clientSecret": "([^"]+)"/.exec(stdout)?.[1];
      expect(clientSecret).toMatch(/^biped_live_\w{49}$/);
      const exported = script.split("\n", 1)[0] ?? "";
      await whileRunning(["sh", "-ec", `${exported}\nexec ${serve}`], place, async () => {
        const body = { grant_type: "client_credentials", scope: "metrics", project_id: "42" };
        const answer = await fetch(`http://127.0.0.1:${place.ports[0]}/v1/oauth/token`, {
          method: "POST",
          headers: { authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString("base64")}` },
          body: new URLSearchParams(body),
        });
        expect(await answer.json()).toMatchObject({ endpoint: "https://api.eu-west-1.example.com", project_id: 42 });
      });
    });
  });
});

async function waitForFile(path: string): Promise<void> {
  for (let tries = 0; tries < 400; tries += 1) {
    if (
      await readFile(path).then(
        () => true,
        () => false,
      )
    )
      return;
    await sleep(50);
  }
  throw new Error(`${path} was not written`);
}

/** The documents write `data`; the test runs at the root of the repository and must leave nothing there. */
function placeData(script: string, { directory }: Workplace): string {
  return script.replace(/(?<=[= ])data(?=[\s/])/g, join(directory, "data"));
}

/** As `biped audit export` writes them. */
async function exportEvents(directory: string): Promise<void> {
  const storage = await openStorage(`sqlite:${join(directory, "authorization-server.db")}`);
  const events = await storage.listAuditEvents(0, 100);
  await storage.close();
  await writeFile(join(directory, "events.jsonl"), events.map((event) => `${formatExportedEvent(event)}\n`).join(""));
}

describe("docs/operating.md", () => {
  test("the first start creates everything, keys are rotated, and a second rotation is refused", async () => {
    await inWorkplace(async (place) => {
      const script = placeData(find("docs/operating.md", "first"), place);
      const { stdout } = await run("sh", ["-ec", script], { cwd: root, env: place.environment });
      expect(stdout.match(/"(?:name|clientSecret)": "[^"]+"/g)?.length).toBe(5);
      const rotate = `${script.split("\n", 1)[0]}\n${find("docs/operating.md", "rotate")}`;
      const rotated = await run("sh", ["-ec", rotate], { cwd: root, env: place.environment });
      expect(JSON.parse(rotated.stdout).keys.map((key: { state: string }) => key.state)).toEqual(["active"]);
      const again = await run("sh", ["-ec", rotate], { cwd: root, env: place.environment });
      expect(JSON.parse(again.stdout).keys.map((key: { state: string }) => key.state)).toEqual(["active", "next"]);
      await expect(run("sh", ["-ec", rotate], { cwd: root, env: place.environment })).rejects.toMatchObject({
        code: 1,
        stderr: "biped-server: A rotation is under way already: there is a next key.\n",
      });
    });
  });

  test("setup makes a new link while there is no administrator, and a platform owner is invited from this machine", async () => {
    await inWorkplace(async (place) => {
      const [exports = "", makeDirectory = "", createKek = ""] = placeData(
        find("docs/operating.md", "first"),
        place,
      ).split("\n");
      const command = async (sample: string) => {
        const script = [exports, find("docs/operating.md", sample)].join("\n");
        return JSON.parse((await run("sh", ["-ec", script], { cwd: root, env: place.environment })).stdout);
      };
      await run("sh", ["-ec", [exports, makeDirectory, createKek].join("\n")], { cwd: root, env: place.environment });
      const link = new RegExp(`^http://localhost:${place.ports[1]}/setup#biped_setup_\\w{49}$`);
      const [first, second] = [await command("setup"), await command("setup")];
      expect(first).toEqual({ setupUrl: expect.stringMatching(link) });
      expect(second).toEqual({ setupUrl: expect.stringMatching(link) });
      expect(second).not.toEqual(first);
      expect(await readFile(join(place.directory, "data", "setup-link"), "utf8")).toBe(`${second.setupUrl}\n`);
      const nobody = [exports, "npm run --silent server -- create administrator --email ada"].join("\n");
      await expect(run("sh", ["-ec", nobody], { cwd: root, env: place.environment })).rejects.toMatchObject({
        code: 1,
        stderr: "biped-server: --email must be an e-mail address.\n",
      });
      expect(await command("owner")).toEqual({
        administratorId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        invitationUrl: expect.stringMatching(/\/invitation#biped_invite_\w{49}$/),
      });
    });
  });

  test("a backup is restored with the log of later, and the key-encryption key is replaced", {
    timeout: 180_000,
  }, async () => {
    await inWorkplace(async (place) => {
      const program = [...sources, join(root, "apps/authorization-server/src/main.ts")].map((word) => `'${word}'`);
      const take = (name: string) => placeData(find("docs/operating.md", name), place);
      const [settings = "", makeDirectory = "", createKek = "", createAccount = ""] = take("first").split("\n");
      const say = async (...samples: readonly string[]) => {
        // Without npm, which would take longer than what it runs.
        const script = [settings, ...samples].join("\n").replaceAll("npm run --silent server --", program.join(" "));
        return (await run("sh", ["-ec", script], { cwd: root, env: place.environment })).stdout;
      };
      await say(makeDirectory, createKek, createAccount, take("rotate"));
      expect(await say(take("backup"))).toContain('"encrypted": true');
      await say(createAccount);
      await exportEvents(join(place.directory, "data"));
      expect(await say(take("restore"))).toMatch(/"backupSequence": 3,\n\s+"replayedSequence": 4,/);
      expect(await say(take("rotate-kek"))).toMatch(/"envelopes": 2\n/);
    });
  });

  test("PostgreSQL: migrate takes every step once, and a server refuses to start before", async () => {
    await inWorkplace(async (place) => {
      await mkdir(join(place.directory, ".biped"));
      const environment = { ...place.environment, BIPED_DATABASE_URL: await createPostgresDatabase() };
      const refused = run("sh", ["-ec", "npm run --silent server -- keys list"], { cwd: root, env: environment });
      await expect(refused).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining("Run migrate first.") });
      const migrate = () => run("sh", ["-ec", find("docs/operating.md", "postgres")], { cwd: root, env: environment });
      expect(JSON.parse((await migrate()).stdout).steps.length).toBeGreaterThan(0);
      expect(JSON.parse((await migrate()).stdout)).toEqual({ steps: [] });
    });
  });

  test("it explains every metric of a server, and asks for no other", async () => {
    const started = await startServer("sqlite");
    const text = await (await fetch(`${started.adminUrl}/metrics`)).text();
    await started.stop();
    const told = [...text.matchAll(/^# TYPE (biped_\w+) /gm)].map(([, name = ""]) => name);
    const document = await readFile(join(root, "docs/operating.md"), "utf8");
    const [, table = ""] = /^\| metric \|.*\n\|---.*\n((?:\|.*\n)+)/m.exec(document) ?? [];
    expect((table.match(/\bbiped_\w+/g) ?? []).toSorted()).toEqual(told.toSorted());
    const named = new Set(document.match(/\bbiped_(?!admin_)\w+/g) ?? []);
    expect([...named].filter((name) => !told.includes(name))).toEqual([]);
  });

  test("each `biped admin` that it names is a command", async () => {
    const style = { bold: String };
    const context = { terminal: { style, errorStyle: style } } as unknown as CommandContext;
    const program = createProgram(context);
    await loadAdminCommands(program, context, ["admin"]);
    const commands = new Set(readCommandTree(program).map(({ path }) => path));
    const document = await readFile(join(root, "docs/operating.md"), "utf8");
    const named = [...document.matchAll(/`biped (admin(?: [a-z-]+)+)/g)].map(([, words = ""]) => words);
    expect(named.length).toBeGreaterThanOrEqual(8);
    expect(named.filter((words) => !commands.has(words))).toEqual([]);
  });

  test("its tables of settings are what tools/settings-docs.ts writes, and hold every setting that a program reads", async () => {
    const document = await readFile(join(root, "docs/operating.md"), "utf8");
    expect(document).toBe(writeSettings(document));
    const listed = [...document.matchAll(/^\| `(BIPED_\w+)` \|/gm)].map(([, name]) => name);
    expect(listed.toSorted()).toEqual(Object.values(settingsByProgram).flatMap(Object.keys).toSorted());
    expect(listed).toEqual(expect.arrayContaining(["BIPED_KEK_FILE", "BIPED_CLOUD", "BIPED_DATA_SEED"]));
  });
});

describe("docs/operating.md, exports", () => {
  /** The command as the document says that it is run in a clone, under its own name. */
  const withCommand = async (place: Workplace): Promise<Workplace> => {
    const document = await readFile(join(root, "docs/operating.md"), "utf8");
    const [, script = ""] = /in a clone it is\s`npm run (\S+)`/.exec(document) ?? [];
    const command = join(place.directory, "biped-data-export-api");
    await writeFile(command, `#!/bin/sh\nexec ${process.execPath} ${join(root, "scripts/run.mjs")} ${script} "$@"\n`);
    await chmod(command, 0o755);
    const path = `${place.directory}:${place.environment.PATH}`;
    return { ...place, environment: { ...place.environment, PATH: path, BIPED_PORT: String(place.ports[0]) } };
  };
  const exported = find("docs/operating.md", "exports").split("\n").slice(0, 2).join("\n");
  const sample = (place: Workplace, name: string): string => placeData(find("docs/operating.md", name), place);

  test("the API starts with these settings, and keeps everything in its directory", async () => {
    await inWorkplace(async (made) => {
      const place = await withCommand(made);
      const script = sample(place, "exports").replace(/^(?=biped-data-export-api$)/m, "exec ");
      await whileRunning(["sh", "-ec", script], place, async () => {
        expect((await readdir(join(place.directory, "data"))).toSorted()).toContain("data-export-aws-eu-west-1");
      });
    });
  });

  test("workers share a PostgreSQL database that was migrated, and directories", async () => {
    await inWorkplace(async (made) => {
      const place = await withCommand(made);
      const script = `${placeData(exported, place)}\n${sample(place, "export-workers")}`
        .replace("postgres://user@host/exports?sslmode=verify-full", await createPostgresDatabase())
        .replaceAll("/mnt/exports", join(place.directory, "mounted"))
        .replace(/^(?=biped-data-export-api work$)/m, "exec ");
      const child = spawn("sh", ["-ec", script], { env: place.environment, stdio: ["ignore", "pipe", "inherit"] });
      const ended = new Promise((resolve) => child.once("close", resolve));
      let printed = "";
      for await (const chunk of child.stdout) {
        printed += chunk;
        if (printed.includes('"working"')) break;
      }
      child.kill("SIGTERM");
      expect([await ended, printed]).toEqual([0, expect.stringMatching(/^Done: 0001_initial, .*"working"/s)]);
      expect(await readdir(join(place.directory, "mounted"))).toEqual(["files"]);
    });
  });

  test("ingest stores rows and says so, rejects with their reason, an empty day; a second time nothing changes", async () => {
    await inWorkplace(async (made) => {
      const { directory, environment } = await withCommand(made);
      const script = `${exported}\n${find("docs/operating.md", "ingest")}`;
      const ingest = () => run("sh", ["-ec", script], { cwd: directory, env: environment });
      await expect(ingest()).rejects.toMatchObject({
        code: 1,
        stdout: find("docs/operating.md", "ingested"),
        stderr: "",
      });
      const rejects = await readFile(join(directory, "sessions.jsonl.rejects.jsonl"), "utf8");
      expect(rejects).toBe(find("docs/operating.md", "rejects"));
      const days = join(directory, "data/data-export-aws-eu-west-1/data/sessions/project_id=42");
      expect((await readdir(days)).toSorted()).toEqual(["day=2026-11-03", "day=2026-11-04"]);
      await expect(ingest()).rejects.toMatchObject({ stdout: expect.stringContaining("Nothing changed") });
    });
  });
});

test("the management client's sample lists the accounts with an access token", async () => {
  const started = await startServer("sqlite");
  const { first } = await createFacts(started);
  const [adminId, token] = [randomUUID(), createSecret("admin", randomBytes)];
  const author = { at: started.clock.seconds, actor: "operator", requestId: undefined };
  const { storage } = started.server;
  await storage.createAdministrator(
    { id: adminId, email: "ada@example.com", name: "Ada", passwordHash: "of a test", isPlatformOwner: true },
    author,
  );
  const digest = createHash("sha256").update(token).digest("hex");
  const held = {
    id: randomUUID(),
    administratorId: adminId,
    name: "sample",
    digest,
    scopes: ["read"],
    accountId: first.id,
  };
  await storage.createAccessToken({ ...held, expiresAt: started.clock.seconds + 60 }, author);
  const sample = find("packages/management-client/README.md", "sample").replace(
    "http://127.0.0.1:4010",
    started.adminUrl,
  );
  const directory = await mkdtemp(join(tmpdir(), "biped-sample-"));
  await symlink(join(root, "node_modules"), join(directory, "node_modules"));
  await writeFile(join(directory, "package.json"), '{"type":"module"}');
  await writeFile(join(directory, "sample.ts"), `const accessToken = process.env.TOKEN;\n${sample}`);
  const args = ["--conditions=biped-source", join(directory, "sample.ts")];
  const { stdout } = await run(process.execPath, args, { env: { ...process.env, TOKEN: token }, cwd: directory });
  expect(stdout).toBe("1 Northwind Retail\n");
  await started.stop();
  await rm(directory, { recursive: true });
});
