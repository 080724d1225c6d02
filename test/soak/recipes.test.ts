/** Recipes of the operating guide and of deploy/, done as they say. */

import { execFileSync, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type RequestOptions, request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createKeyEncryptionKeyFile } from "@biped/authorization-server";
import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { buildConsole } from "../../scripts/console.mjs";
import { computeTotp, stepSeconds } from "../authenticator-app.ts";
import { launchBrowser, openPageIn } from "../browser.ts";
import { beginFirstRun, firstPerson, walkFirstRun } from "../console-first-run.ts";
import { findFreePorts } from "../free-ports.ts";
import { connectPatiently } from "../postgres-database.ts";
import { startPostgresServer } from "../postgres-server.ts";
import { until } from "./cluster-node.ts";
import { runServerCommand, startServerProcess } from "./server-process.ts";
import { createTlsProxy } from "./tls-proxy.ts";

const root = join(import.meta.dirname, "..", "..");
const consoleHost = "console.example.com";
const issuerHost = "auth.example.com";
/** It makes certificates and secrets; without it nothing here can be tried. */
const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "biped-recipe-"));
  mkdirSync(join(directory, "data"));
  createKeyEncryptionKeyFile(join(directory, "kek"), randomBytes(32));
  return () => rmSync(directory, { recursive: true });
});

async function createEnvironment(): Promise<Record<string, string>> {
  const [publicPort, adminPort] = await findFreePorts(2);
  return {
    PATH: process.env.PATH ?? "",
    BIPED_DATA_DIR: join(directory, "data"),
    BIPED_KEK_FILE: join(directory, "kek"),
    BIPED_PUBLIC_PORT: `${publicPort}`,
    BIPED_ADMIN_PORT: `${adminPort}`,
    BIPED_SIGNING_ALG: "Ed25519",
  };
}

describe.skipIf(!hasOpenssl)("behind a proxy with TLS", () => {
  let browser: Browser;
  beforeAll(async () => {
    await buildConsole(root, process.execPath);
    browser = await launchBrowser(["--host-resolver-rules=MAP *.example.com 127.0.0.1"]);
  });
  afterAll(() => browser.close());

  const openContext = async (baseURL: string): Promise<BrowserContext> => {
    const context = await browser.newContext({ baseURL, ignoreHTTPSErrors: true, reducedMotion: "reduce" });
    onTestFinished(() => context.close());
    return context;
  };

  async function serveBehindProxy() {
    const environment = await createEnvironment();
    const targets = new Map([
      [issuerHost, `http://127.0.0.1:${environment.BIPED_PUBLIC_PORT}`],
      [consoleHost, `http://127.0.0.1:${environment.BIPED_ADMIN_PORT}`],
    ]);
    const proxy = await createTlsProxy(targets);
    onTestFinished(proxy.stop);
    const urls = {
      BIPED_ISSUER: `https://${issuerHost}:${proxy.port}`,
      BIPED_CONSOLE_URL: `https://${consoleHost}:${proxy.port}`,
    };
    const settings = { ...environment, ...urls, BIPED_TRUSTED_PROXIES: "127.0.0.1" };
    const server = await startServerProcess({ environment: settings });
    onTestFinished(() => void server.end("SIGTERM"));
    return { settings, server, proxy, origin: urls.BIPED_CONSOLE_URL };
  }

  test("people set up, sign out and sign in over https, by a Secure cookie of this host alone; nothing is warned of", async () => {
    const { server, origin } = await serveBehindProxy();
    const context = await openContext(origin);
    const { page, faults } = await openPageIn(context, origin);
    const now = (): number => Math.floor(Date.now() / 1000 / stepSeconds);
    const { totpSecret } = await walkFirstRun(page, {
      link: findSetupLink(server.output()),
      computeCode: (secret) => computeTotp(secret, now()),
      visit: async () => {},
    });
    await page.getByRole("button", { name: firstPerson.name }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByLabel("E-mail address").fill(firstPerson.email);
    await page.getByLabel("Password", { exact: true }).fill(firstPerson.password);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.getByLabel("Code of your authenticator app").fill(computeTotp(totpSecret, now() + 1));
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    expect(await context.cookies()).toMatchObject([
      { name: "__Host-biped-session", domain: consoleHost, secure: true, httpOnly: true, sameSite: "Strict" },
    ]);
    expect(faults).toEqual([]);
    expect(server.output()).not.toContain('"level":"warn"');
  });

  test("ranges and logs see the callers' addresses, whatever they claim by X-Forwarded-For", async () => {
    const { settings, server, proxy } = await serveBehindProxy();
    const create = async (...args: string[]) => JSON.parse(await runServerCommand(settings, ["create", ...args]));
    const { id } = await create("account", "--name", "Northwind Retail");
    const cloud = ["--name", "aws-eu-west-1", "--endpoint", "https://api.eu-west-1.example.com"];
    await create("cloud", ...cloud);
    const project = ["--account", `${id}`, "--cloud", "aws-eu-west-1", "--name", "Shop"];
    const { id: projectId } = await create("project", ...project);
    const owned = ["--account", `${id}`, "--project", `${projectId}`, "--name", "Dashboard", "--scopes", "metrics"];
    const { credential, clientSecret } = await create("credential", ...owned, "--allow", "127.0.0.2/32");
    const ask = (localAddress: string, claimed: string) =>
      askForToken(proxy.port, { localAddress, claimed, clientId: credential.clientId, clientSecret });
    expect(await ask("127.0.0.2", "203.0.113.9")).toBe(200);
    expect(await ask("127.0.0.3", "127.0.0.2")).toBe(401);
    const isLine = (line: string): boolean => line.includes('"route":"/v1/oauth/token"');
    const findSources = () =>
      server
        .output()
        .split("\n")
        .filter(isLine)
        .map((line) => JSON.parse(line).source);
    await until("both are logged", () => findSources().length === 2);
    expect(findSources()).toEqual(["127.0.0.2", "127.0.0.3"]);
  });

  test("without TLS a browser keeps no cookie, and the start says plainly that nobody can sign in", async () => {
    const environment = await createEnvironment();
    const origin = `http://${consoleHost}:${environment.BIPED_ADMIN_PORT}`;
    const server = await startServerProcess({ environment: { ...environment, BIPED_CONSOLE_URL: origin } });
    onTestFinished(() => void server.end("SIGTERM"));
    expect(server.output()).toContain('"level":"warn"');
    expect(server.output()).toContain("Nobody can sign in: browsers keep the console's cookie over https");
    const context = await openContext(origin);
    const { page } = await openPageIn(context, origin);
    await beginFirstRun(page, findSetupLink(server.output()));
    const answered = page.waitForResponse((response) => response.request().method() === "POST");
    await page.getByRole("button", { name: "Create the administrator" }).click();
    expect((await answered).ok()).toBe(true);
    expect(await context.cookies()).toEqual([]);
  });
});

function findSetupLink(output: string): string {
  const link = /^https?:\/\/\S+(\/setup#\S+)$/m.exec(output)?.[1];
  if (link === undefined) throw new Error(`There is no link: ${output}`);
  return link;
}

type Asking = {
  readonly localAddress: string;
  readonly claimed: string;
  readonly clientId: string;
  readonly clientSecret: string;
};

function askForToken(port: number, { localAddress, claimed, clientId, clientSecret }: Asking): Promise<number> {
  const options: RequestOptions = {
    host: "127.0.0.1",
    port,
    path: "/v1/oauth/token",
    method: "POST",
    localAddress,
    rejectUnauthorized: false,
    headers: { host: issuerHost, "content-type": "application/json", "x-forwarded-for": claimed },
  };
  return new Promise((resolve, reject) => {
    const asked = request(options, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    asked.on("error", reject);
    const grant = { grant_type: "client_credentials", scope: "metrics" };
    asked.end(JSON.stringify({ ...grant, client_id: clientId, client_secret: clientSecret }));
  });
}

test.skipIf(!hasOpenssl)(
  "R-67: one role of deploy/postgres/roles.sql migrates, the other serves and changes no table; passwords are in files",
  async () => {
    const postgres = await startPostgresServer();
    onTestFinished(postgres.stop);
    makeSecrets();
    await runRoles(postgres.url);
    const settingsOf = (role: string) => ({ BIPED_DATABASE_URL: formatUrl(postgres.url, role) });
    const own = await createEnvironment();
    const environment: Record<string, string> = { ...own, BIPED_KEK_FILE: join(directory, "secrets", "kek") };
    await expect(runServerCommand({ ...environment, ...settingsOf("biped") }, ["migrate"])).rejects.toThrow(/denied/);
    await runServerCommand({ ...environment, ...settingsOf("biped_owner") }, ["migrate"]);
    const server = await startServerProcess({ environment: { ...environment, ...settingsOf("biped") } });
    const ready = await fetch(`http://127.0.0.1:${environment.BIPED_PUBLIC_PORT}/readyz`);
    expect(ready.status).toBe(200);
    const made = await runServerCommand({ ...environment, ...settingsOf("biped") }, [
      "create",
      "account",
      "--name",
      "A",
    ]);
    expect(JSON.parse(made)).toMatchObject({ name: "A" });
    expect(await server.end("SIGTERM")).toBe(0);
    expect(server.output()).not.toMatch(/"level":"(?:warn|error)"/);
    const cloud = {
      BIPED_CLOUD: "aws",
      BIPED_ENDPOINT: "https://api.example.com",
      BIPED_ISSUER: "https://auth.example.com",
    };
    const exporting = join(root, "apps/data-export-api/src/main.ts");
    const env = { ...environment, ...cloud, ...settingsOf("exports_owner") };
    const migrated = execFileSync(process.execPath, ["--conditions=biped-source", exporting, "migrate"], { env });
    expect(migrated.toString()).toMatch(/^Done: 0001_initial/);
  },
);

/** As deploy/compose.yaml has it: the password is not in it. */
function formatUrl(postgresUrl: string, role: string): string {
  const file = join(directory, "secrets", `${role}_password`);
  return `postgres://${role}@${new URL(postgresUrl).host}/${role.replace("_owner", "")}?password_file=${file}`;
}

/** As deploy/README.md has it; PostgreSQL reads its files as another user here. */
function makeSecrets(): void {
  const document = readFileSync(join(root, "deploy/README.md"), "utf8");
  const [, sample = ""] = /^```sh run=secrets\n([\s\S]*?)^```$/m.exec(document) ?? [];
  execFileSync("sh", ["-ec", sample.replace(/^chown .*\n/gm, "")], { cwd: directory });
  execFileSync("chmod", ["-R", "a+rX", directory]);
  execFileSync("chmod", ["600", join(directory, "secrets", "kek")]);
}

/** What psql does with the file. */
async function runRoles(postgresUrl: string): Promise<void> {
  const text = readFileSync(join(root, "deploy/postgres/roles.sql"), "utf8");
  const parts = text.replaceAll("/run/secrets", join(directory, "secrets")).split(/^\\connect (\w+)$/m);
  for (let at = -1; at < parts.length; at += 2) {
    const url = new URL(postgresUrl);
    if (at > 0) url.pathname = `/${parts[at]}`;
    const client = await connectPatiently(url.href);
    // One by one, since a database is made by no transaction.
    const statements = (parts[at + 1] ?? "").replace(/^--.*$/gm, "").match(/do \$\$[\s\S]*?\$\$;|\w[^;]*;/g) ?? [];
    for (const statement of statements) await client.query(statement);
    await client.end();
  }
}
