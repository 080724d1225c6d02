/** What `npm start` runs, as the program it is: its own process, its own files, its printed samples. */

import { execFile } from "node:child_process";
import { chmod, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  createSandboxEnvironment,
  type Demo,
  type RunningSandbox,
  readDemo,
  type SandboxEnvironment,
  startSandbox,
  stopSandbox,
} from "./started-sandbox.ts";
import { post, tokenRequest } from "./started-server.ts";

const run = promisify(execFile);

describe("a running sandbox", () => {
  let made: SandboxEnvironment;
  let sandbox: RunningSandbox;
  let demo: Demo;

  const held = (index: number) => {
    const credential = demo.credentials[index]!;
    return { clientId: credential.client_id, clientSecret: credential.client_secret };
  };
  const issue = async (index: number, further: Record<string, unknown> = {}) =>
    (await post(`${demo.issuer}/v1/oauth/token`, tokenRequest(held(index), further))).body;
  const listExports = async (endpoint: string, token: string) => {
    const answer = await fetch(`${endpoint}/v1/exports`, { headers: { authorization: `Bearer ${token}` } });
    return { status: answer.status, body: await answer.json() };
  };
  const moveClock = (body: unknown) => post(`http://127.0.0.1:${made.ports.adminPort}/sandbox/clock`, body);

  beforeAll(async () => {
    made = await createSandboxEnvironment();
    sandbox = await startSandbox(made.environment);
    demo = await readDemo(made);
  });
  afterAll(async () => {
    await stopSandbox(sandbox);
    await rm(made.directory, { recursive: true });
  });

  test("demo.json has mode 0600 and the form of the contract", async () => {
    expect((await stat(join(made.directory, "demo.json"))).mode & 0o777).toBe(0o600);
    const { publicPort, adminPort, aws, azure } = made.ports;
    expect(demo.issuer).toBe(`http://127.0.0.1:${publicPort}`);
    expect(demo.console).toBe(`http://localhost:${adminPort}`);
    expect(demo.administrator).toEqual({ email: "admin@example.com", password: expect.stringMatching(/^\w{24}$/) });
    expect(demo.clouds).toEqual([
      { name: "aws-eu-west-1", endpoint: `http://127.0.0.1:${aws}` },
      { name: "azure-us-east", endpoint: `http://127.0.0.1:${azure}` },
    ]);
    const [first, second] = demo.accounts;
    expect(first?.projects.map((project) => project.id)).toContain(42);
    expect(new Set(first?.projects.map((project) => project.cloud)).size).toBe(2);
    expect([first?.projects.length, second?.projects.length]).toEqual([3, 1]);
    const owned = (account: number, level: string) =>
      demo.credentials
        .filter((entry) => entry.account_id === account && entry.level === level)
        .map((entry) => entry.scopes);
    expect(owned(1, "account")).toEqual(["data-export metrics session-replay symbolicator enrichment"]);
    expect(owned(1, "project")).toEqual(["data-export metrics", "data-export metrics"]);
    expect(owned(2, "account").length).toBe(1);
    expect(demo.credentials.every((entry) => (entry.level === "account") === (entry.project_id === null))).toBe(true);
  });

  test("healthz is 200 on all four listeners", async () => {
    for (const port of Object.values(made.ports)) {
      expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
    }
  });

  test("the printed curl line and the printed flow work when pasted into a shell", async () => {
    const printed = sandbox.output();
    const curl = /^ {2}(curl -s \S+\/v1\/oauth\/token .*)$/m.exec(printed)?.[1] ?? "";
    const token = JSON.parse((await run("sh", ["-c", curl])).stdout);
    expect([token.project_id, token.endpoint]).toEqual([42, `http://127.0.0.1:${made.ports.aws}`]);
    const flow = /^ {2}(node -e '[\s\S]*?^ {2}')$/m.exec(printed)?.[1] ?? "";
    const { stdout } = await run("sh", ["-c", flow], { env: { ...process.env, NO_COLOR: "1" } });
    expect(stdout).toContain("name: 'Nightly sessions'");
    const clock = /^ {2}(curl -s \S+\/sandbox\/clock .*)$/m.exec(printed)?.[1] ?? "";
    expect(JSON.parse((await run("sh", ["-c", clock])).stdout)).toEqual({ now: expect.any(Number) });
    expect((await moveClock({ reset: true })).status).toBe(200);
  });

  test("each project's jobs are served by its own cloud, and by it alone (421)", async () => {
    const { access_token, endpoint } = await issue(0, { project_id: 43 });
    expect(endpoint).toBe(demo.clouds[1]?.endpoint);
    const served = await listExports(endpoint, access_token);
    expect([served.status, served.body.success, served.body.payload.length]).toEqual([200, true, 3]);
    const wrong = await listExports(demo.clouds[0]!.endpoint, access_token);
    expect([wrong.status, wrong.body.errorCode, wrong.body.endpoint]).toEqual([421, "WRONG_CLOUD", endpoint]);
  });

  test("the three jobs of a project run when it starts, on data that it makes", async () => {
    const { access_token: token, endpoint } = await issue(0, { project_id: 42 });
    const readSuccesses = async (): Promise<Record<string, unknown>[]> => {
      const headers = { authorization: `Bearer ${token}` };
      const answer = await fetch(`${endpoint}/v1/exports/successful-runs`, { headers });
      return (await answer.json()).payload;
    };
    await expect.poll(readSuccesses, { timeout: 100_000, interval: 200 }).toHaveLength(3);
    for (const run of await readSuccesses()) {
      expect(run).toMatchObject({ state: "SUCCESS", completionRate: 100, fileCount: 1, failureReason: null });
      expect(run.rowCount).toBeGreaterThan(0);
    }
  }, 120_000);

  test("a job that one project creates is seen by it and by no other", async () => {
    const own = await issue(1);
    const job = {
      name: "Mine",
      format: "CSV",
      scope: "sessions",
      frequency: { value: "daily" },
      fields: [{ fieldName: "session_id" }],
    };
    const created = await post(`${own.endpoint}/v1/exports`, job, { authorization: `Bearer ${own.access_token}` });
    expect(created.status).toBe(201);
    const read = async (token: string) =>
      (
        await fetch(`${own.endpoint}/v1/exports/${created.body.payload.jobId}`, {
          headers: { authorization: `Bearer ${token}` },
        })
      ).status;
    const neighbour = await issue(0, { project_id: 44 });
    expect(neighbour.endpoint).toBe(own.endpoint);
    expect([await read(own.access_token), await read(neighbour.access_token)]).toEqual([200, 404]);
  });

  test("an hour later the token is answered JWT_EXPIRED with the documented body, and the credential gets a new one", async () => {
    const { access_token, endpoint } = await issue(0, { project_id: 42 });
    const { now } = (await moveClock({ advanceSeconds: 3599 })).body;
    expect((await listExports(endpoint, access_token)).status).toBe(200);
    expect((await moveClock({ advanceSeconds: 101 })).body.now).toBeGreaterThanOrEqual(now + 101);
    const expired = await listExports(endpoint, access_token);
    expect(expired.status).toBe(401);
    expect(expired.body).toMatchObject({
      success: false,
      errorMessage: "Auth token is expired.",
      errorCode: "JWT_EXPIRED",
      error: "invalid_token",
    });
    const renewed = await issue(0, { project_id: 42 });
    expect((await listExports(renewed.endpoint, renewed.access_token)).status).toBe(200);
  });

  test.each([
    [{ advanceSeconds: -1 }],
    [{ advanceSeconds: 1.5 }],
    [{ advanceSeconds: "1" }],
    [{}],
    [{ reset: false }],
    [[]],
  ])("the clock refuses %j", async (body) => {
    const answer = await moveClock(body);
    expect([answer.status, answer.body.errorCode]).toEqual([400, "INVALID_REQUEST"]);
  });

  test("a second start keeps the credentials, the jobs and the clock; SIGTERM ends it with status 0", async () => {
    await moveClock({ advanceSeconds: 86_400 });
    const { now } = (await moveClock({ advanceSeconds: 1 })).body;
    expect(await stopSandbox(sandbox)).toBe(0);
    sandbox = await startSandbox(made.environment);
    expect(await readDemo(made)).toEqual(demo);
    const { access_token, endpoint } = await issue(1);
    const names = (await listExports(endpoint, access_token)).body.payload.map((job: { name: string }) => job.name);
    expect(names.filter((name: string) => name === "Mine" || name === "Nightly sessions")).toEqual([
      "Mine",
      "Nightly sessions",
    ]);
    expect((await moveClock({ advanceSeconds: 1 })).body.now).toBeGreaterThanOrEqual(now);
    expect((await moveClock({ reset: true })).body.now).toBeLessThan(now - 80_000);
  });
});

describe("arguments", () => {
  const main = join(import.meta.dirname, "../apps/sandbox/src/main.ts");
  const runSandbox = (...args: readonly string[]) =>
    run(process.execPath, ["--conditions=biped-source", main, ...args]);

  test.each(["--help", "-h"])("%s names the settings, and starts nothing", async (argument) => {
    const { stdout, stderr } = await runSandbox(argument);
    expect([stdout.split("\n", 1)[0], stderr]).toEqual(["Usage: biped-sandbox", ""]);
    expect(stdout).toContain("BIPED_CLOUD_PORTS  Data Export API of each cloud (4001,4002)");
  });

  test("any other is refused with status 2", async () => {
    await expect(runSandbox("--port", "1")).rejects.toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringMatching(/^biped sandbox: It takes no arguments\.\n\nUsage: /),
    });
  });
});

describe("what keeps a sandbox from starting is one clear line", () => {
  const refuseToStart = async (change: (made: SandboxEnvironment) => Promise<Record<string, string>>) => {
    const made = await createSandboxEnvironment();
    try {
      const ended = await startSandbox({ ...made.environment, ...(await change(made)) });
      return { code: await stopSandbox(ended), lines: ended.output().trim().split("\n"), made };
    } finally {
      await rm(made.directory, { recursive: true, force: true });
    }
  };

  test("a port in use", async () => {
    const holder = await createSandboxEnvironment();
    const running = await startSandbox(holder.environment);
    const { code, lines } = await refuseToStart(async () => ({ BIPED_PUBLIC_PORT: String(holder.ports.publicPort) }));
    expect(code).toBe(1);
    expect(lines).toEqual([
      `biped sandbox: Another program listens on 127.0.0.1:${holder.ports.publicPort} already. Choose another with BIPED_PUBLIC_PORT.`,
    ]);
    const cloud = await refuseToStart(async () => ({ BIPED_CLOUD_PORTS: `${holder.ports.aws},${holder.ports.azure}` }));
    expect(cloud.lines).toEqual([
      `biped sandbox: Another program listens on 127.0.0.1:${holder.ports.aws} already. Choose another with BIPED_CLOUD_PORTS.`,
    ]);
    await stopSandbox(running);
    await rm(holder.directory, { recursive: true });
  });

  test("a data directory that is a file", async () => {
    const { code, lines } = await refuseToStart(async ({ directory }) => {
      await writeFile(join(directory, "file"), "");
      return { BIPED_DATA_DIR: join(directory, "file") };
    });
    expect([code, lines.length]).toEqual([1, 1]);
    expect(lines[0]).toMatch(/^biped sandbox: BIPED_DATA_DIR .*file cannot be used as a directory \(E\w+\)\.$/);
  });

  test("a database file that is none, a demo.json that is damaged, a key that others can read", async () => {
    const broken = {
      "authorization-server.db": "this is no database, and it is longer than the header of one would be, by far",
      "demo.json": "{",
    };
    for (const [name, content] of Object.entries(broken)) {
      const { code, lines } = await refuseToStart(async ({ directory }) => {
        await writeFile(join(directory, name), content);
        return {};
      });
      expect([name, code, lines.length]).toEqual([name, 1, 1]);
      expect(lines[0]).toContain(name);
    }
    const { lines } = await refuseToStart(async ({ directory }) => {
      await writeFile(join(directory, "kek"), "x");
      await chmod(join(directory, "kek"), 0o644);
      return {};
    });
    expect(lines[0]).toMatch(/kek can be read by others \(mode 644\): chmod 600 it$/);
  });

  test("another key-encryption key than the one that sealed the database", async () => {
    const made = await createSandboxEnvironment();
    await stopSandbox(await startSandbox(made.environment));
    await writeFile(join(made.directory, "kek"), `${Buffer.alloc(32, 7).toString("base64")}\n`);
    const ended = await startSandbox(made.environment);
    expect(ended.output()).toMatch(
      /^biped sandbox: Pepper \w+ cannot be opened: sealed with another key-encryption key/,
    );
    expect(await stopSandbox(ended)).toBe(1);
    await rm(made.directory, { recursive: true });
  });

  test("wrong settings are all named at once", async () => {
    const { code, lines } = await refuseToStart(async () => ({
      BIPED_PUBLIC_PORT: "70000",
      BIPED_SIGNING_ALG: "HS256",
      BIPED_CLOUD_PORTS: "4001",
      BIPED_ISSUER: "http://x/",
    }));
    expect(code).toBe(1);
    expect(lines.map((line) => line.split(" ")[2]).sort()).toEqual([
      "BIPED_CLOUD_PORTS",
      "BIPED_ISSUER",
      "BIPED_PUBLIC_PORT",
      "BIPED_SIGNING_ALG",
    ]);
  });
});
