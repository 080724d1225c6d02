/** `biped admin …` against the management API: every noun, what is asked before, and where a secret goes. */

import { randomBytes, randomUUID } from "node:crypto";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { readKeyEncryptionKeyFile } from "@biped/authorization-server";
import { createGuard } from "@biped/guard";
import type { OperationName } from "@biped/management-client";
import { type Operation, operations } from "@biped/management-client/contract";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openPasswords } from "../apps/authorization-server/src/administrators/password.ts";
import { type Principal, type StartedManagement, startManagement } from "./management-server.ts";
import { type CommandPlace, createCommandPlace, runInTerminal, runThroughPipe } from "./pseudo-terminal.ts";
import { createRecordingWay, type RecordingWay } from "./recording-way.ts";
import { basic, createFacts, type Facts, type HeldCredential, post, tokenRequest } from "./started-server.ts";

const secretForm = /biped_live_[0-9A-Za-z]{49}/;
const uuidForm = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/;

let started: StartedManagement;
let facts: Facts;
let way: RecordingWay;
let owner: Principal;
let place: CommandPlace;
let token: string;

beforeAll(async () => {
  started = await startManagement("sqlite");
  facts = await createFacts(started);
  way = await createRecordingWay(started.adminUrl);
  const administratorId = await started.addAdministrator({ email: "root@example.com", isPlatformOwner: true });
  const scopes = ["read", "accounts", "projects", "clouds", "credentials", "signing-keys", "administrators"] as const;
  owner = await started.makeAccessToken("owner", { administratorId, scopes });
  token = readToken(owner);
});
afterAll(async () => {
  await way.stop();
  await started.stop();
});
beforeEach(async () => {
  place = await createCommandPlace();
});
afterEach(() => place.remove());

const addDemonstrationAdministrator = async ({ email, password }: { email: string; password: string }) => {
  const { storage } = started.server;
  const author = { at: started.clock.seconds, actor: "operator", requestId: undefined };
  const kek = readKeyEncryptionKeyFile(join(started.directory, "kek"));
  const passwords = await openPasswords({ storage, kek, randomBytes, author });
  const passwordHash = await passwords.hash(password);
  if (typeof passwordHash !== "string") throw new Error("no hash was made");
  const person = { id: randomUUID(), email, name: "Demo", passwordHash, isPlatformOwner: true };
  await storage.createAdministrator(person, author);
};

const readToken = ({ headers }: Principal): string => headers.authorization?.replace("Bearer ", "") ?? "";
const access = () => ({ BIPED_ADMIN_URL: way.url, BIPED_ADMIN_TOKEN: token });
const bare = (args: readonly string[], input = "") => runThroughPipe(args, { env: place.env, input });
const admin = (...args: string[]) => runThroughPipe(["admin", ...args], { env: { ...place.env, ...access() } });
const inTerminal = (args: readonly string[], answers: readonly (readonly [string, string])[] = []) =>
  runInTerminal(["admin", ...args], { env: { ...place.env, ...access() }, answers });

/** Runs it, expects success, and reads what --json printed. */
const ask = async (...args: string[]) => {
  const { stdout, stderr, exitCode } = await admin(...args, "--json");
  expect([exitCode, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout);
};

const listen = async (server: Server): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
};

const createCredential = async (...args: string[]) =>
  ask("credentials", "create", "Nightly", "--account", String(facts.second.id), "--scope", "metrics", ...args);

describe("login", () => {
  const login = (...args: string[]) => bare(["admin", "login", "--admin-url", way.url, ...args], `${token}\n`);

  test("the piped token is checked and kept in a file of mode 0600, beside and apart from those of credentials", async () => {
    const { exitCode, stdout, stderr } = await login("--store", "file");
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(stdout).toContain(`Logged in to ${way.url} as root@example.com.`);
    const config = place.env.BIPED_CONFIG_DIR ?? "";
    expect((await readdir(config)).sort()).toEqual(["admin.json", "secrets.json"]);
    expect((await stat(join(config, "secrets.json"))).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(join(config, "secrets.json"), "utf8"))).toEqual({ "admin:default": token });
    expect(JSON.parse(await readFile(join(config, "admin.json"), "utf8"))).toEqual({
      current: "default",
      profiles: { default: { adminUrl: way.url, email: "root@example.com", secretStore: "file" } },
    });
    expect(stdout).not.toContain(token);
    const shown = await bare(["admin", "whoami"]);
    expect(shown.stdout).toMatch(/^root@example\.com\n/);
    expect(shown.stdout).toContain("Read from   profile default");
    expect(shown.stdout).toContain("Roles       platform owner");
    const other = await bare(["token"]);
    expect([other.exitCode, other.stderr]).toEqual([3, expect.stringContaining("You are not logged in")]);
  });

  test("--sandbox signs in with the demonstration administrator, and makes a token of 30 days for all nouns", async () => {
    const administrator = { email: "demo@example.com", password: "a quiet walk along the harbour" };
    await addDemonstrationAdministrator(administrator);
    await writeFile(join(place.directory, "demo.json"), JSON.stringify({ console: way.url, administrator }));
    const missing = await bare(["admin", "login", "--sandbox"]);
    expect([missing.exitCode, missing.stderr]).toEqual([1, expect.stringContaining("Start the sandbox first")]);
    const before = way.passed.length;
    const { stdout, stderr, exitCode } = await bare(["admin", "login", "--sandbox", "."]);
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("sandbox, the current one; its access token is in a file of mode 0600");
    expect(way.passed.slice(before).map(({ method, path }) => `${method} ${path}`)).toEqual([
      "POST /api/session",
      "POST /api/session/step-up",
      "POST /api/access-tokens",
      "DELETE /api/session",
      "GET /api/session",
    ]);
    expect((await bare(["admin", "whoami"])).stdout).toMatch(/^demo@example\.com\n/);
    expect(stdout).not.toContain(administrator.password);
  });

  test("typed tokens stay hidden", async () => {
    const { text, exitCode, output } = await runInTerminal(["admin", "login", "--store", "file"], {
      env: place.env,
      answers: [
        ["URL of the console", `${way.url}/\r`],
        ["Access token", `${token}\r`],
      ],
    });
    expect([exitCode, text]).toEqual([0, expect.stringContaining("as root@example.com")]);
    expect(output).not.toContain(token);
  });

  test("--token-file and --name; logout takes the token off this machine", async () => {
    const file = join(place.directory, "token.txt");
    await writeFile(file, token);
    const made = await login("--store", "file", "--token-file", file, "--name", "work");
    expect(made.exitCode).toBe(0);
    expect((await bare(["admin", "logout", "--profile", "other"])).stderr).toContain("Known profiles: work");
    const { stderr } = await bare(["admin", "logout"]);
    expect(stderr).toBe("Removed work with its access token from this machine.\n");
    const config = place.env.BIPED_CONFIG_DIR ?? "";
    expect(await readFile(join(config, "secrets.json"), "utf8")).toBe("{}\n");
    expect([(await bare(["admin", "logout"])).exitCode, (await bare(["admin", "whoami"])).exitCode]).toEqual([2, 3]);
  });

  test.each([
    ["a wrong token", `biped_admin_${"x".repeat(49)}`, 3, /\(UNAUTHENTICATED, 401, [\w-]+\)/],
    [
      "a client secret, which is not even sent",
      `biped_live_${"x".repeat(49)}`,
      1,
      /^biped: That is not an access token/,
    ],
    ["nothing", "", 2, /There is no access token on stdin/],
    ["two lines", "a\nb", 1, /more than one line/],
  ])("stores nothing: %s", async (_, input, code, message) => {
    const passed = way.passed.length;
    const { exitCode, stderr, stdout } = await bare(["admin", "login", "--admin-url", way.url], input);
    expect([exitCode, stdout, await readdir(place.env.BIPED_CONFIG_DIR ?? "")]).toEqual([code, "", []]);
    expect(stderr).toMatch(message);
    expect(way.passed.length - passed).toBe(code === 3 ? 1 : 0);
    if (input !== "") expect(stderr).not.toContain(input);
  });

  test.each([
    ["http://console.example.com", "The admin URL must be https, except on this machine"],
    ["https://a:hush@console.example.com", "The admin URL must be a URL without password, query or fragment"],
    ["console", "The admin URL must be a URL, such as https://"],
  ])("2: %s", async (url, message) => {
    const { exitCode, stderr } = await bare(["admin", "login", "--admin-url", url], token);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(stderr).not.toContain("hush");
  });

  test("a token in an argument is refused before anything else", async () => {
    const { exitCode, stderr } = await bare(["admin", "login", `--token=${token}`]);
    expect(exitCode).toBe(2);
    expect(stderr).not.toContain(token);
  });
});

describe("the environment", () => {
  test("a token file comes before profiles; half of it is 3", async () => {
    const file = join(place.directory, "token.txt");
    await writeFile(file, `${token}\n`);
    const env = { ...place.env, BIPED_ADMIN_TOKEN_FILE: file };
    const whole = await runThroughPipe(["admin", "whoami"], { env: { ...env, BIPED_ADMIN_URL: way.url } });
    expect([whole.exitCode, whole.stdout]).toEqual([0, expect.stringContaining("the environment")]);
    const half = await runThroughPipe(["admin", "whoami"], { env });
    expect([half.exitCode, half.stderr]).toEqual([3, expect.stringContaining("BIPED_ADMIN_URL is missing")]);
  });

  test("nobody there is 4, no management API is 5, a redirect is not followed", async () => {
    const run = (BIPED_ADMIN_URL: string) =>
      runThroughPipe(["admin", "clouds", "list"], { env: { ...place.env, ...access(), BIPED_ADMIN_URL } });
    const nobody = await run("http://127.0.0.1:1");
    expect([nobody.exitCode, nobody.stderr]).toEqual([4, expect.stringContaining("cannot be reached")]);
    const other = await run(started.url);
    expect([other.exitCode, other.stderr]).toEqual([3, expect.stringContaining("NOT_FOUND")]);
    const seen: string[] = [];
    const server = createServer((request, response) => {
      seen.push(`${request.url}`);
      if (request.url === "/moved/api/clouds") response.writeHead(302, { location: "/elsewhere" }).end();
      else response.writeHead(200, { "content-type": "text/html" }).end("<h1>hello</h1>");
    });
    const url = await listen(server);
    const page = await run(url);
    expect([page.exitCode, page.stderr]).toEqual([5, expect.stringContaining("not one of a management API")]);
    const moved = await run(`${url}/moved`);
    expect([moved.exitCode, moved.stderr]).toEqual([4, expect.stringContaining("redirect")]);
    expect(seen).not.toContain("/elsewhere");
    server.close();
  });
});

test("accounts: create, list over pages, show, rename, limit, disable and enable", async () => {
  const created = await admin("accounts", "create", "Acme <img>");
  expect([created.exitCode, created.stdout]).toEqual([0, expect.stringMatching(/^\d+\n$/)]);
  const id = created.stdout.trim();
  expect((await admin("accounts", "create", "Limited", "--lifetime-limit", "30")).exitCode).toBe(0);
  const listed = await admin("accounts", "list", "--search", "acme");
  expect(listed.stdout).toMatch(new RegExp(`^${id}\tAcme <img>\tenabled\t0\t0\towner\t2027-01-15T08:00:00Z\n$`));
  expect(
    (await ask("accounts", "list", "--limit", "2", "--sort", "-name")).map(({ name }: { name: string }) => name),
  ).toEqual(["Northwind Retail", "Limited"]);
  expect((await admin("accounts", "show", id)).stdout).toContain("Name\tAcme <img>\n");
  const renamed = await ask("accounts", "rename", id, "Acme Ltd");
  expect(renamed).toMatchObject({ name: "Acme Ltd", credentialLifetimeLimitDays: null });
  expect(await ask("accounts", "set-lifetime-limit", id, "365")).toMatchObject({ credentialLifetimeLimitDays: 365 });
  expect(await ask("accounts", "set-lifetime-limit", id, "none")).toMatchObject({ credentialLifetimeLimitDays: null });
  const refused = await admin("accounts", "disable", id);
  expect([refused.exitCode, refused.stderr]).toEqual([
    2,
    `biped: Disable account ${id} Acme Ltd? Its 0 credentials get no tokens then. Nobody can be asked.\n  Say so with --yes.\n`,
  ]);
  expect(await ask("accounts", "disable", id, "--yes")).toMatchObject({ state: "disabled" });
  expect((await admin("accounts", "enable", id)).stderr).toBe(`Account ${id} Acme Ltd is enabled.\n`);
});

test("changes carry an Idempotency-Key of their own, and If-Match with the version that was read", async () => {
  const before = way.passed.length;
  await ask("accounts", "rename", String(facts.second.id), "Harbour Travel");
  const [read, change] = way.passed.slice(before);
  expect([read?.method, read?.headers["idempotency-key"], read?.headers["if-match"]]).toEqual([
    "GET",
    undefined,
    undefined,
  ]);
  expect(change?.headers).toMatchObject({
    authorization: `Bearer ${token}`,
    "idempotency-key": expect.stringMatching(uuidForm),
    "if-match": expect.stringMatching(/^"\d+"$/),
  });
});

test("an answer that is lost: the change is asked for once more with the same key, and made once", async () => {
  const before = way.passed.length;
  way.loseNextAnswer("POST");
  const { stdout, exitCode } = await admin("accounts", "create", "Once");
  expect(exitCode).toBe(0);
  const keys = way.passed.slice(before).map(({ headers }) => headers["idempotency-key"]);
  expect([keys.length, new Set(keys).size]).toEqual([2, 1]);
  expect((await ask("accounts", "list", "--search", "Once")).map(({ id }: { id: number }) => `${id}\n`)).toEqual([
    stdout,
  ]);
});

test("a secret whose answer is lost is told as lost, with the way to another one", async () => {
  way.loseNextAnswer("POST");
  const account = String(facts.second.id);
  const { stdout, stderr, exitCode } = await admin(
    "credentials",
    "create",
    "Lost",
    "--account",
    account,
    "--scope",
    "metrics",
  );
  expect([exitCode, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(/The secret of [\da-f-]+ was made, but was lost with the answer that held it/);
  expect(stderr).toMatch(/biped admin credentials rotate [\da-f-]+ --overlap-days 0/);
});

test("clouds and projects: create, list, show, rename, time zone, move, disable", async () => {
  expect((await admin("clouds", "create", "gcp", "https://gcp.example.com")).stderr).toContain("Created cloud gcp");
  expect((await admin("clouds", "list")).stdout).toContain("gcp\thttps://gcp.example.com\t0\n");
  expect((await admin("clouds", "set-endpoint", "none", "https://x.example.com", "--yes")).exitCode).toBe(2);
  const moved = await ask("clouds", "set-endpoint", "gcp", "https://gcp2.example.com", "--yes");
  expect(moved).toMatchObject({ name: "gcp", endpoint: "https://gcp2.example.com" });
  const account = String(facts.second.id);
  const created = await admin("projects", "create", "Web", "--account", account, "--cloud", "gcp", "--id", "900");
  expect([created.exitCode, created.stdout]).toEqual([0, "900\n"]);
  expect((await admin("projects", "list", "--cloud", "gcp")).stdout).toBe(
    `900\tWeb\t${account} Harbour Travel\tgcp\tUTC\tenabled\t0\n`,
  );
  expect((await admin("projects", "show", "900")).stdout).toContain("Cloud\tgcp, https://gcp2.example.com\n");
  expect(await ask("projects", "rename", "900", "Shop")).toMatchObject({ name: "Shop" });
  expect(await ask("projects", "set-time-zone", "900", "Europe/Paris")).toMatchObject({ timeZone: "Europe/Paris" });
  expect(await ask("projects", "move", "900", "aws-eu-west-1", "--yes")).toMatchObject({ cloud: "aws-eu-west-1" });
  expect(await ask("projects", "disable", "900", "--yes")).toMatchObject({ state: "disabled" });
  expect(await ask("projects", "enable", "900")).toMatchObject({ state: "enabled" });
  const foreign = await admin("projects", "show", "4711");
  expect([foreign.exitCode, foreign.stderr]).toEqual([
    3,
    expect.stringMatching(/NOT_FOUND, 404.*\n {2}Check the id\./),
  ]);
});

describe("credentials", () => {
  test("the secret is on stdout once, and in no later answer", async () => {
    const account = String(facts.second.id);
    const args = [
      "credentials",
      "create",
      "Nightly",
      "--account",
      account,
      "--project",
      "71",
      "--scope",
      "data-export metrics",
    ];
    const { stdout, stderr, exitCode } = await admin(
      ...args,
      "--expires",
      "2028-01-01",
      "--allowed-ranges",
      "192.0.2.0/24",
    );
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^Client id\t[\da-f-]{36}\nSecret\tbiped_live_[0-9A-Za-z]{49}\n$/);
    expect(stderr).toMatch(/^The secret is shown this once\./);
    const [clientId = ""] = uuidForm.exec(stdout) ?? [];
    const [secret = ""] = secretForm.exec(stdout) ?? [];
    const shown = await admin("credentials", "show", clientId);
    expect(shown.stdout).toContain("Scopes\tdata-export metrics\nFrom\t192.0.2.0/24\nEnds\t2028-01-01T00:00:00Z");
    expect(shown.stdout + (await admin("credentials", "list", "--json")).stdout).not.toContain(secret);
    const listed = await admin("credentials", "list", "--project", "71", "--search", "nightly");
    expect(listed.stdout).toMatch(new RegExp(`^${clientId}\tNightly\t${account} Harbour Travel\t71 BOOKING\t`, "m"));
  });

  test("--env prints lines that a shell reads; --secret-file makes a new file of mode 0600 and never replaces one", async () => {
    const account = String(facts.first.id);
    const args = ["credentials", "create", "File", "--account", account, "--scope", "metrics"];
    expect((await admin(...args, "--env")).stdout).toMatch(
      /^BIPED_CLIENT_ID=[\da-f-]{36}\nBIPED_CLIENT_SECRET=biped_live_[0-9A-Za-z]{49}\n$/,
    );
    const { stdout, exitCode } = await admin(...args, "--secret-file", "secret.txt");
    const file = join(place.directory, "secret.txt");
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^[\da-f-]{36}\n$/)]);
    expect(await readFile(file, "utf8")).toMatch(/^biped_live_[0-9A-Za-z]{49}\n$/);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const passed = way.passed.length;
    const again = await admin(...args, "--secret-file", "secret.txt");
    expect([again.exitCode, again.stderr]).toEqual([1, expect.stringContaining("it exists already (EEXIST)")]);
    expect(way.passed.length).toBe(passed);
    const refused = await admin(
      "credentials",
      "create",
      "X",
      "--account",
      "999",
      "--scope",
      "metrics",
      "--secret-file",
      "no.txt",
    );
    expect([refused.exitCode, await readdir(place.directory)]).toEqual([3, ["secret.txt"]]);
  });

  test("edit changes what is named and nothing else; disable, enable, delete", async () => {
    const { credential } = await createCredential();
    const { clientId } = credential;
    const edited = await ask("credentials", "edit", clientId, "--name", "Weekly", "--scope", "metrics data-export");
    expect(edited).toMatchObject({ name: "Weekly", scopes: ["metrics", "data-export"], expiresAt: null });
    const ended = await ask(
      "credentials",
      "edit",
      clientId,
      "--expires",
      "2029-06-30",
      "--allowed-ranges",
      "10.0.0.0/8",
    );
    expect(ended).toMatchObject({ name: "Weekly", expiresAt: "2029-06-30T00:00:00Z", allowedRanges: ["10.0.0.0/8"] });
    const freed = await ask("credentials", "edit", clientId, "--expires", "never", "--allowed-ranges", "anywhere");
    expect(freed).toMatchObject({ expiresAt: null, allowedRanges: [] });
    expect((await admin("credentials", "edit", clientId)).exitCode).toBe(2);
    expect(await ask("credentials", "disable", clientId, "--yes")).toMatchObject({ effectiveState: "disabled" });
    expect(await ask("credentials", "enable", clientId)).toMatchObject({ effectiveState: "enabled" });
    const kept = await inTerminal(["credentials", "delete", clientId], [["for ever?", "n"]]);
    expect([kept.exitCode, kept.text]).toEqual([1, expect.stringContaining("Nothing was changed")]);
    const deleted = await inTerminal(["credentials", "delete", clientId], [["for ever?", "y"]]);
    expect([deleted.exitCode, deleted.text]).toEqual([0, expect.stringContaining(`Deleted Weekly (${clientId}).`)]);
    expect((await admin("credentials", "show", clientId)).exitCode).toBe(3);
  });

  test("rotate, cancel, rotate, complete, retire", async () => {
    const { credential } = await createCredential();
    const { clientId } = credential;
    expect((await admin("credentials", "complete-rotation", clientId, "--yes")).stderr).toContain(
      "no rotation is under way",
    );
    const first = await ask("credentials", "rotate", clientId);
    expect(first.clientSecret).toMatch(secretForm);
    const cancelled = await ask("credentials", "cancel-rotation", clientId, "--yes");
    expect(cancelled.secrets.map(({ id }: { id: string }) => id)).toEqual([credential.secrets[0].id]);
    const second = await ask("credentials", "rotate", clientId, "--overlap-days", "3");
    expect((await admin("credentials", "complete-rotation", clientId)).exitCode).toBe(2);
    const args = ["complete-rotation", clientId, "--unless-used-within", "1d", "--yes"];
    const completed = await ask("credentials", ...args);
    expect(completed.secrets.map(({ id }: { id: string }) => id)).toEqual([second.secretId]);
    expect((await admin("credentials", "rotate", clientId, "--overlap-days", "0")).exitCode).toBe(2);
    const third = await ask("credentials", "rotate", clientId, "--overlap-days", "0", "--yes");
    const retired = await ask("credentials", "retire-secret", clientId, third.secretId, "--yes");
    expect(retired.effectiveState).toBe("no secret");
    expect((await admin("credentials", "retire-secret", clientId, third.secretId, "--yes")).stderr).toContain(
      "no such secret",
    );
  });

  test("scopes, usage and refusals", async () => {
    const { credential } = await createCredential();
    expect((await admin("credentials", "scopes")).stdout).toMatch(/^enrichment\t.*\twith no other$/m);
    expect(await ask("credentials", "usage", credential.clientId, "--days", "7")).toBeInstanceOf(Array);
    expect(await ask("credentials", "refusals", credential.clientId)).toEqual([]);
  });

  test.each([
    [["credentials", "create", "X", "--account", "1"], "--scope missing"],
    [["credentials", "create", "X", "--account", "0", "--scope", "a"], "It must be a whole number, 1 or more"],
    [["credentials", "create", "X", "--account", "1", "--scope", "a", "--expires", "soon"], "It must be never, a time"],
    [["credentials", "show", "nightly"], "It must be an id such as"],
    [["credentials", "rotate", "7ce9f436-f2d1-48c4-aac9-a837564ae7ea", "--overlap-days", "31"], "from 0 to 30"],
    [["credentials", "list", "--state", "gone"], "It must be one of enabled, disabled"],
    [["accounts", "rename", "1", " "], "The name must not be empty"],
    [["members", "add", "1", "a@example.com"], "--role"],
    [["frob"], "Unknown command 'frob'"],
    [["accounts", "shw"], "Did you mean show?"],
  ])("2: %j", async (args, message) => {
    const passed = way.passed.length;
    const { exitCode, stderr, stdout } = await admin(...args);
    expect([exitCode, stdout, way.passed.length]).toEqual([2, "", passed]);
    expect(stderr).toContain(message);
  });
});

test("administrators and members: invite, add, roles, disable, reinvite, remove", async () => {
  const account = String(facts.second.id);
  const invited = await admin("administrators", "invite", "ann@example.com");
  expect(invited.stdout).toMatch(
    /^Administrator\t[\da-f-]{36}\nE-mail\tann@example\.com\nInvitation\thttp:\/\/localhost:4010\S+\n$/,
  );
  const added = await ask("members", "add", account, "bob@example.com", "--role", "viewer", "--name", "Bob");
  expect(added).toMatchObject({ administrator: { email: "bob@example.com", state: "invited" } });
  expect((await admin("members", "list", account)).stdout).toContain("\tbob@example.com\tBob\tviewer\tinvited\n");
  const role = await ask("members", "set-role", account, "BOB@example.com", "administrator", "--yes");
  expect(role.memberships).toMatchObject([{ accountId: facts.second.id, role: "administrator" }]);
  const again = await ask("administrators", "reinvite", "bob@example.com", "--yes");
  expect(again.invitationUrl).toMatch(/^http/);
  const raised = await ask("administrators", "set-platform-role", "bob@example.com", "owner", "--yes");
  expect(raised.platformRole).toBe("owner");
  expect(await ask("administrators", "set-platform-role", "bob@example.com", "none", "--yes")).toMatchObject({
    platformRole: null,
  });
  expect(await ask("members", "remove", account, "bob@example.com", "--yes")).toMatchObject({
    accountId: facts.second.id,
  });
  const dora = await started.addAdministrator({
    email: "dora@example.com",
    memberships: { [facts.second.id]: "owner" },
  });
  expect(await ask("administrators", "disable", dora, "--yes")).toMatchObject({ state: "disabled" });
  expect(await ask("administrators", "enable", "dora@example.com")).toMatchObject({ state: "enabled" });
  const listed = await admin("administrators", "list", "--account", account);
  expect(listed.stdout).toContain("\tdora@example.com\tdora@example.com\towner of 2\tenabled\tyes\t-\n");
  expect((await admin("administrators", "disable", "nobody@example.com", "--yes")).exitCode).toBe(2);
});

test("signing keys: list, rotate, compromise", async () => {
  expect((await admin("signing-keys", "list")).stdout).toMatch(/^\S+\tEdDSA\tactive\t|^\S+\tEd25519\tactive\t/);
  const rotated = await ask("signing-keys", "rotate");
  expect(rotated.map(({ state }: { state: string }) => state).toSorted()).toEqual(["active", "next"]);
  const active = rotated.find(({ state }: { state: string }) => state === "active");
  expect((await admin("signing-keys", "compromise", active.kid)).exitCode).toBe(2);
  const after = await ask("signing-keys", "compromise", active.kid, "--yes");
  expect(after.map(({ kid }: { kid: string }) => kid)).not.toContain(active.kid);
});

describe("revoke", () => {
  const issue = async (held: HeldCredential, projectId = 42): Promise<string> =>
    (await post(`${started.url}/v1/oauth/token`, tokenRequest(held, { project_id: projectId }))).body.access_token;
  const isActive = async (held: HeldCredential, token: string): Promise<boolean> =>
    (await post(`${started.url}/v1/oauth/introspect`, { token }, basic(held))).body.active;

  test("token: piped in or from a file, asked first, never an argument, and nowhere to be seen", async () => {
    const [token, other] = [await issue(facts.project), await issue(facts.project)];
    const env = { ...place.env, ...access() };
    const pipe = (args: readonly string[], input: string) =>
      runThroughPipe(["admin", "revoke", "token", ...args], { env, input });
    expect((await pipe(["--yes", token], "")).exitCode).toBe(2);
    expect(await isActive(facts.project, token)).toBe(true);
    const revoked = await pipe(["--yes"], `Bearer ${token}\n`);
    expect([revoked.exitCode, revoked.stdout, revoked.stderr]).toEqual([
      0,
      "",
      expect.stringMatching(
        /^Revoked token \S+ of credential [\da-f-]{36} for project 42; it would have ended \S+Z\.\n$/,
      ),
    ]);
    expect([await isActive(facts.project, token), await isActive(facts.project, other)]).toEqual([false, true]);
    const file = join(place.directory, "token.txt");
    await writeFile(file, other);
    const typed = await inTerminal(["revoke", "token", "--token-file", file], [["Take this token back?", "y"]]);
    expect([typed.exitCode, await isActive(facts.project, other)]).toEqual([0, false]);
    expect(typed.text).not.toContain(other);
    const unknown = await pipe(["--yes", "--json"], "no token");
    expect([unknown.exitCode, JSON.parse(unknown.stderr).error.code]).toEqual([3, "NOT_FOUND"]);
  });

  test("credential, project, account, secret, key, everything: each is done, once it is confirmed, and listed", async () => {
    const { clientId } = facts.foreign;
    const [secret] = (await ask("credentials", "show", clientId)).secrets;
    const key = (await ask("signing-keys", "list")).find(({ state }: { state: string }) => state === "active");
    const cases = [
      [["credential", clientId], `Revoked every token of Warehouse (${clientId}).`],
      [["project", "71"], "Revoked every token for project 71 BOOKING."],
      [["account", String(facts.second.id)], `Revoked every token of account ${facts.second.id} Harbour Travel.`],
      [["secret", clientId, secret.id], `Ended secret ${secret.id} of Warehouse (${clientId}).`],
      [["key", key.kid], ""],
      [["everything"], "Every token that was issued before 2027-01-15T08:00:01Z is void."],
    ] as const;
    for (const [args, told] of cases) {
      const { exitCode, stderr } = await admin("revoke", ...args, "--yes");
      expect([args, exitCode, stderr.trim()]).toEqual([args, 0, told]);
    }
    const listed: { kind: string; object: string }[] = await ask("revocations", "--limit", "6");
    expect(listed.map(({ kind, object }) => `${kind} ${object}`)).toEqual([
      "everything 2027-01-15T08:00:01Z",
      `signing-key ${key.kid}`,
      `secret ${secret.id}`,
      `account ${facts.second.id}`,
      "project 71",
      `credential ${clientId}`,
    ]);
    expect((await admin("revocations", "--limit", "1")).stdout).toMatch(
      /^2027-01-15T08:00:00Z\teverything\t2027-01-15T08:00:01Z\troot@example\.com [^\t]+\ttokens\.revoked-before\t2027-01-15T09:05:00Z\n$/,
    );
    for (const args of [["everything"], ["everything", "--before", "yesterday", "--yes"]]) {
      expect((await admin("revoke", ...args)).exitCode).toBe(2);
    }
    started.clock.seconds += 2;
  });
});

describe("signing-keys drill", () => {
  test("K-06: the node and the guard of an API are seen to follow, with the times; 0", async () => {
    const guard = createGuard({
      issuer: started.url,
      endpoint: "https://api.eu-west-1.example.com",
      mode: "sandbox",
      nowSeconds: () => started.clock.seconds,
    });
    const api = createServer(async (request, response) => {
      const { authorization = "" } = request.headers;
      const outcome = await guard.authorize({ authorization: [authorization], query: "" }, { scopes: ["data-export"] });
      response.writeHead("refused" in outcome ? outcome.status : 200).end();
    });
    const url = await listen(api);
    const { clientId, clientSecret } = facts.project;
    const held = { BIPED_AUTH_URL: started.url, BIPED_CLIENT_ID: clientId, BIPED_CLIENT_SECRET: clientSecret };
    const env = { ...place.env, ...access(), ...held };
    const drill = ["admin", "keys", "drill", "--api", `${url}/v1/exports`, "--allowed-hosts", "example.com"];
    const { exitCode, stdout, stderr } = await runThroughPipe([...drill, "--yes"], { env });
    expect([exitCode, stderr]).toEqual([0, expect.stringMatching(/^\S+ is gone; \S+ signs\.\n$/m)]);
    const lines = stdout
      .replace(/\d+ ms/g, "N ms")
      .replace(/ +/g, " ")
      .split("\n");
    expect(lines.at(-2)).toBe("All of it within N ms.");
    expect(lines.slice(0, -2).toSorted()).toEqual(
      [
        "✓ the management API acknowledges after N ms",
        `✓ ${started.url} has it in its feed after N ms`,
        `✓ ${started.url} has the new key in its key set after N ms`,
        `✓ ${url} refuses the former key's token after N ms`,
        `✓ ${url} takes a new token after N ms`,
      ].toSorted(),
    );
    api.close();
    guard.close();
  });

  test("1: what does not follow in time is told, with what was seen last", async () => {
    const stranger = createServer((_, response) => response.writeHead(200).end("{}"));
    const url = await listen(stranger);
    const { exitCode, stdout } = await admin(
      "signing-keys",
      "drill",
      "--node",
      url,
      "--within",
      "1",
      "--yes",
      "--json",
    );
    stranger.close();
    const { isPassed, steps, withinSeconds } = JSON.parse(stdout);
    expect([exitCode, isPassed, withinSeconds]).toEqual([1, false, 1]);
    expect(steps.slice(1)).toEqual([
      { place: url, what: "has it in its feed", milliseconds: null, reason: "what it answers is no revocation feed" },
      {
        place: url,
        what: "has the new key in its key set",
        milliseconds: null,
        reason: "what it answers is no key set",
      },
    ]);
  });

  test("an API that does not take the token before: nothing is done, 3", async () => {
    const { clientId, clientSecret } = facts.project;
    const held = { BIPED_AUTH_URL: started.url, BIPED_CLIENT_ID: clientId, BIPED_CLIENT_SECRET: clientSecret };
    const api = createServer((_, response) => response.writeHead(401).end());
    const args = ["admin", "keys", "drill", "--yes", "--api", await listen(api), "--allowed-hosts", "example.com"];
    const before = await ask("signing-keys", "list");
    const { exitCode, stderr } = await runThroughPipe(args, { env: { ...place.env, ...access(), ...held } });
    api.close();
    expect([exitCode, stderr]).toEqual([3, expect.stringContaining("does not take the token even before the drill")]);
    expect(await ask("signing-keys", "list")).toEqual(before);
  });
});

test("overview and search", async () => {
  const shown = await inTerminal(["overview"]);
  expect([shown.exitCode, shown.text]).toEqual([0, expect.stringContaining("The last changes\n")]);
  expect(await ask("overview", "--account", String(facts.first.id))).toMatchObject({ counts: { accounts: 1 } });
  const found = await admin("search", "northwind");
  expect(found.stdout).toBe(`account\t${facts.first.id}\tNorthwind Retail\t${facts.first.id} Northwind Retail\n`);
  expect((await admin("search", "nothing is called so")).stderr).toBe("Nothing is called so.\n");
});

test("a viewer's token changes nothing, and sees its own account alone", async () => {
  const viewer = await started.addAdministrator({
    email: "view@example.com",
    memberships: { [facts.first.id]: "viewer" as const },
  });
  const weak = await started.makeAccessToken("weak", { administratorId: viewer, scopes: ["read", "credentials"] });
  const env = { ...place.env, ...access(), BIPED_ADMIN_TOKEN: readToken(weak) };
  const run = (...args: string[]) => runThroughPipe(["admin", ...args], { env });
  expect((await run("accounts", "list")).stdout).toMatch(/^1\tNorthwind Retail\t[^\n]*\n$/);
  const args = ["credentials", "create", "X", "--account", String(facts.first.id), "--scope", "metrics"];
  const refused = await run(...args);
  expect([refused.exitCode, refused.stderr]).toEqual([3, expect.stringMatching(/\(FORBIDDEN, 403, [\w-]+\)/)]);
  expect((await run("accounts", "show", String(facts.second.id))).exitCode).toBe(3);
  const inJson = await run("accounts", "show", String(facts.second.id), "--json");
  expect(JSON.parse(inJson.stderr).error).toMatchObject({ code: "NOT_FOUND", status: 404, exitCode: 3 });
});

test("names of a stranger do not steer the terminal, in results, questions and errors", async () => {
  const name = "evil\u001b[31m\u202e";
  const account = { id: 7, name, state: "enabled", projectCount: 0, credentialCount: 0, role: "owner", version: 1 };
  const stranger = createServer((request, response) => {
    const [status, body] =
      request.method === "GET"
        ? [200, { ...account, createdAt: name }]
        : [409, { errorCode: name, errorMessage: name }];
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  const env = { ...place.env, ...access(), BIPED_ADMIN_URL: await listen(stranger) };
  const shown = await runInTerminal(["admin", "accounts", "show", "7"], { env });
  const args = ["admin", "accounts", "disable", "7"];
  const asked = await runInTerminal(args, { env, answers: [["tokens then", "y"]] });
  stranger.close();
  for (const { text, output } of [shown, asked]) {
    expect(text).toContain("evil\\u001b[31m\\u202e");
    expect(output).not.toContain("evil\u001b");
  }
  expect([shown.exitCode, asked.exitCode]).toEqual([0, 3]);
  expect(asked.text).toContain("(evil\\u001b[31m\\u202e, 409)");
});

test("every operation that an access token may use is behind a command; export jobs are the console's", () => {
  const used = new Set(way.passed.map(({ method, path }) => `${method} ${path.replace(/\?.*/, "")}`));
  const table: Record<string, Operation> = operations;
  const isCovered = (name: string): boolean => {
    const pattern = new RegExp(`^${name.replace(/:\w+/g, "[^/]+")}$`);
    return [...used].some((each) => pattern.test(each));
  };
  const open = Object.keys(table).filter((name) => {
    const operation = table[name as OperationName];
    if (operation?.sessionOnly === true || operation?.access === "anybody") return false;
    // Behind `biped audit`; and `biped exports` asks the cloud itself, with a credential.
    return operation?.noun !== "audit-log" && operation?.noun !== "export-jobs";
  });
  expect(open.filter((name) => !isCovered(name))).toEqual([]);
});
