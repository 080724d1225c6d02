/** Credentials and profiles at the command line, as people and scripts use them. */

import { chmod, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type ClientService, services } from "./client-services.ts";
import {
  type CommandPlace,
  createCommandPlace,
  runInTerminal,
  runThroughPipe,
  type TerminalAnswer,
} from "./pseudo-terminal.ts";
import { faults, type PublicService, startPublicService } from "./public-service.ts";
import { post } from "./started-server.ts";

let place: CommandPlace;
beforeEach(async () => {
  place = await createCommandPlace();
});
afterEach(() => place.remove());

const pipe = (args: readonly string[], input = "", variables: Record<string, string> = {}) =>
  runThroughPipe(args, { env: { ...place.env, ...variables }, input });
const config = (): string => place.env.BIPED_CONFIG_DIR ?? "";
const login = (service: Pick<ClientService, "authUrl">, { clientId }: { clientId: string }, ...further: string[]) =>
  ["login", "--store", "file", "--auth-url", service.authUrl, "--client-id", clientId, ...further] as const;

describe.each(services)("at $name", ({ start }) => {
  let service: ClientService;
  beforeAll(async () => {
    service = await start();
  });
  afterAll(() => service.stop());

  test("login asks for what it needs, hides the secret, and whoami knows the credential afterwards", async () => {
    const { clientId, clientSecret } = service.project;
    const { output, text, exitCode } = await runInTerminal(["login", "--store", "file"], {
      env: place.env,
      answers: [
        ["URL of the service", `${service.authUrl}\r`],
        ["Client id", `${clientId}\r`],
        ["Client secret", `${clientSecret}\r`],
      ],
    });
    expect(text).toContain(`Logged in to ${service.authUrl}`);
    expect(exitCode).toBe(0);
    expect(output).not.toContain(clientSecret);
    const shown = await runInTerminal(["whoami"], { env: place.env });
    expect(shown.exitCode).toBe(0);
    expect(shown.text).toContain("Read from  profile default");
    expect(shown.text).toMatch(/^ {2}Scopes +data-export metrics$/m);
    expect(shown.text).toMatch(/^ {2}42 /m);
  });

  test("login takes the secret from stdin or from a file, and keeps it in a file of mode 0600 alone", async () => {
    const { project, account } = service;
    const piped = await pipe(login(service, project, "--name", "piped"), `${project.clientSecret}\n`);
    expect([piped.exitCode, piped.stderr]).toEqual([0, ""]);
    const file = join(place.directory, "secret");
    await writeFile(file, account.clientSecret);
    const read = await pipe(
      login(service, account, "--profile", "file", "--secret-file", file, "--json", "--project", "43"),
    );
    expect(read.exitCode).toBe(0);
    expect(JSON.parse(read.stdout)).toMatchObject({ profile: "file", projectId: 43, secretStore: "file" });
    expect(JSON.parse(read.stdout).scope).not.toContain("enrichment");
    expect((await readdir(config())).sort()).toEqual(["profiles.json", "secrets.json"]);
    expect((await stat(join(config(), "secrets.json"))).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(join(config(), "secrets.json"), "utf8"))).toEqual({
      piped: project.clientSecret,
      file: account.clientSecret,
    });
    expect(await readFile(join(config(), "profiles.json"), "utf8")).not.toContain(project.clientSecret);
    expect(piped.stdout + read.stdout).not.toContain(project.clientSecret);
  });

  test("an account-level credential is stored without a project, and the commands say how to name one", async () => {
    const { account } = service;
    const { stderr, exitCode } = await pipe(login(service, account), account.clientSecret);
    expect(exitCode).toBe(0);
    expect(stderr).toContain("Name a project with --project ID in each command");
    const refused = await pipe(["token"]);
    expect([refused.exitCode, refused.stdout]).toEqual([expect.any(Number), ""]);
    expect([3, 5]).toContain(refused.exitCode);
    expect((await pipe(["token", "--project", "42"])).exitCode).toBe(0);
  });

  test("a wrong secret stores nothing", async () => {
    const { exitCode, stderr, stdout } = await pipe(login(service, service.project), "wrong-secret");
    expect([3, 4]).toContain(exitCode);
    expect(stderr).toMatch(/^biped: .* \([A-Z0-9_]+, (401|500)(, [\w-]+)?\)\n {2}.*secret.*\n$/);
    expect([stdout, await readdir(config())]).toEqual(["", []]);
  });

  test("scopes and projects that the credential does not own are refused before anything is stored", async () => {
    const { project } = service;
    const scope = await pipe(login(service, project, "--scope", "surveys"), project.clientSecret);
    expect([scope.exitCode, scope.stderr]).toEqual([
      3,
      "biped: The credential does not own surveys.\n  It owns: data-export metrics\n",
    ]);
    const other = await pipe(login(service, project, "--project", "4711"), project.clientSecret);
    expect([other.exitCode, other.stderr]).toEqual([
      3,
      "biped: Project 4711 is not one of this credential's.\n  Its projects: 42\n",
    ]);
    expect(await readdir(config())).toEqual([]);
  });

  test("whoami --json is the service's own answer and nothing else", async () => {
    const { clientId, clientSecret } = service.account;
    const variables = {
      BIPED_AUTH_URL: service.authUrl,
      BIPED_CLIENT_ID: clientId,
      BIPED_CLIENT_SECRET: clientSecret,
    };
    const { stdout, stderr } = await pipe(["whoami", "--json"], "", variables);
    const { body } = await post(`${service.authUrl}/v1/oauth/me`, { client_id: clientId, client_secret: clientSecret });
    const withoutUse = (answer: { secrets?: object[] }) => ({
      ...answer,
      secrets: answer.secrets?.map((secret) => ({ ...secret, last_used_at: undefined })),
    });
    expect(withoutUse(JSON.parse(stdout))).toEqual(withoutUse(body));
    expect(stderr).toBe("");
    const shown = await pipe(["whoami"], "", variables);
    expect(shown.stdout).toContain("Read from  the environment");
  });
});

describe("with the stand-in", () => {
  let service: PublicService;
  beforeAll(async () => {
    service = await startPublicService();
  });
  afterEach(() => service.control.reset());
  afterAll(() => service.stop());
  const store = (name: string) =>
    pipe(login(service, service.credentials.project, "--name", name), service.credentials.project.clientSecret);

  test("Ctrl-C at a question ends with 130 and stores nothing", async () => {
    const questions: TerminalAnswer[] = [
      ["URL of the service", `${service.authUrl}\r`],
      ["Client id", "id\r"],
      ["Client secret", "secret\r"],
    ];
    for (const [at, [question]] of questions.entries()) {
      const answers: TerminalAnswer[] = [...questions.slice(0, at), [question, "\u0003"]];
      const { exitCode, text } = await runInTerminal(["login"], { env: place.env, answers });
      expect([exitCode, text.includes("biped: Stopped.")]).toEqual([130, true]);
    }
    expect(await readdir(config())).toEqual([]);
  });

  test("Ctrl-D at a question ends as Ctrl-C does", async () => {
    const run = await runInTerminal(["login"], { env: place.env, answers: [["URL of the service", "\u0004"]] });
    expect([run.exitCode, run.text]).toEqual([130, expect.stringMatching(/biped: Stopped\.\n$/)]);
    expect(run.text).not.toContain("main.ts");
  });

  test("2: an address that is none is told before the secret is asked for", async () => {
    const run = await runInTerminal(["login"], { env: place.env, answers: [["URL of the service", "nowhere\r"]] });
    expect([run.exitCode, run.text]).toEqual([2, expect.stringContaining("must be a URL, such as https://")]);
    expect(run.text).not.toContain("Client secret");
  });

  test.each([["--client-secret=hush"], ["--client-secret", "hush"], ["--secret=hush"]])(
    "2: %s is refused with the reason, and not echoed",
    async (...further) => {
      const { exitCode, stderr, stdout } = await pipe(["login", ...further]);
      expect([exitCode, stdout]).toEqual([2, ""]);
      expect(stderr).toContain("every user of this machine could read the secret");
      expect(stderr).not.toContain("hush");
    },
  );

  test.each([
    [[], "--auth-url and --client-id missing"],
    [["--auth-url", "https://auth.example.com"], "--client-id missing"],
    [["--auth-url", "https://auth.example.com", "--client-id", "x"], "There is no secret on stdin"],
    [["--auth-url", "http://auth.example.com", "--client-id", "x", "--secret-file", "two"], "must be https"],
    [["--auth-url", "not a url", "--client-id", "x", "--secret-file", "two"], "The auth URL must be a URL"],
    [["--name", "../x"], "The name of a profile has letters"],
    [["--store", "cloud"], "Allowed choices are keychain, file"],
  ])("2: login %j", async (further, message) => {
    await writeFile(join(place.directory, "two"), "secret");
    const { exitCode, stderr } = await pipe(["login", ...further]);
    expect(stderr).toContain(message);
    expect(exitCode).toBe(2);
  });

  test("a file with more than a secret, and one that is not there, are named", async () => {
    const file = join(place.directory, "two-lines");
    await writeFile(file, "hush\nhush\n");
    const two = await pipe(login(service, service.credentials.project, "--secret-file", file));
    expect([two.exitCode, two.stderr]).toEqual([1, `biped: There is more than one line in ${file}.\n`]);
    const none = await pipe(login(service, service.credentials.project, "--secret-file", "none"));
    expect([none.exitCode, none.stderr]).toEqual([1, "biped: none: there is no such file or folder (ENOENT).\n"]);
  });

  test("HTML instead of JSON is 5, an address where nobody listens 4, and neither shows a stack", async () => {
    service.control.failNext("information", faults.webPage());
    const page = await store("a");
    expect([page.exitCode, page.stderr]).toEqual([
      5,
      "biped: The answer is not of this protocol: it is a web page (UNEXPECTED_ANSWER, 200)\n" +
        "  Check that --auth-url names the authentication service, and that no proxy answers.\n",
    ]);
    const nobody = await pipe(login({ authUrl: "http://127.0.0.1:9" }, { clientId: "x" }), "secret");
    expect(nobody.exitCode).toBe(4);
    expect(nobody.stderr).toMatch(/^biped: The service cannot be reached: .* \(CONNECTION_FAILED\)\n {2}.*doctor\n$/);
    expect(await readdir(config())).toEqual([]);
  });

  test("profiles: listed, chosen, removed; in a terminal and through a pipe", async () => {
    const empty = await pipe(["profiles"]);
    expect([empty.exitCode, empty.stdout, empty.stderr]).toEqual([
      0,
      "",
      "There are no profiles yet. Make one with: biped login\n",
    ]);
    await store("work");
    await store("home");
    const { clientId } = service.credentials.project;
    const rest = `${service.authUrl}\t${clientId}\t42\tdata-export metrics`;
    expect((await pipe(["profiles"])).stdout).toBe(`work\t${rest}\t\nhome\t${rest}\tcurrent\n`);
    expect((await pipe(["profile-names"])).stdout).toBe("work\nhome\n");
    const listed = await runInTerminal(["profiles"], { env: place.env });
    expect(listed.text).toMatch(/^ {2}NAME +SERVICE +CLIENT ID +PROJECT +SCOPES$/m);
    expect(listed.text).toMatch(/^\* home +http/m);
    expect((await runInTerminal(["profiles", "use", "work"], { env: place.env })).text).toContain("profile work");
    expect(JSON.parse((await pipe(["profiles", "--json"])).stdout)).toMatchObject([
      { name: "work", current: true, secretStore: "file" },
      { name: "home", current: false },
    ]);
    const unknown = await pipe(["profiles", "use", "nope"]);
    expect([unknown.exitCode, unknown.stderr]).toEqual([
      2,
      "biped: There is no profile named nope.\n  Known profiles: work, home\n",
    ]);
    expect((await runInTerminal(["profiles", "remove", "home"], { env: place.env })).exitCode).toBe(0);
    await store("third");
    expect((await pipe(["profiles", "remove", "third"])).stderr).toBe(
      "Removed third with its secret from this machine.\n",
    );
    expect((await pipe(["profile-names"])).stdout).toBe("work\n");
  });

  test("logout: the current one, a named one, all of them; their secrets are gone", async () => {
    for (const name of ["a", "b", "c", "d"]) await store(name);
    expect((await pipe(["logout"])).stderr).toBe("Removed d with its secret from this machine.\n");
    expect((await runInTerminal(["logout", "--profile", "a"], { env: place.env })).text).toContain("Removed a");
    const again = await pipe(["logout"]);
    expect([again.exitCode, again.stderr]).toEqual([2, "biped: You are not logged in.\n  Profiles: b, c\n"]);
    expect(JSON.parse((await pipe(["logout", "--all", "--json"])).stdout)).toEqual({ removed: ["b", "c"] });
    expect(await readFile(join(config(), "secrets.json"), "utf8")).toBe("{}\n");
    const nobody = await pipe(["whoami"]);
    expect([nobody.exitCode, nobody.stderr]).toEqual([
      3,
      "biped: You are not logged in.\n  Log in with: biped login (or set BIPED_AUTH_URL, BIPED_CLIENT_ID and BIPED_CLIENT_SECRET)\n",
    ]);
  });

  test("login once more keeps what the profile knows: only the new secret is asked for", async () => {
    await store("work");
    const { clientSecret } = service.credentials.project;
    const { exitCode, text } = await runInTerminal(["login", "--profile", "work", "--store", "file"], {
      env: place.env,
      answers: [["Client secret", `${clientSecret}\r`]],
    });
    expect([exitCode, text.includes("URL of the service")]).toEqual([0, false]);
  });

  test("a damaged profiles file, and secrets that others can read: one line that names the file, 1", async () => {
    await store("work");
    const secrets = join(config(), "secrets.json");
    await chmod(secrets, 0o644);
    const open = await pipe(["whoami"]);
    expect([open.exitCode, open.stderr]).toEqual([
      1,
      `biped: ${secrets} can be read by others (mode 644), so the secrets in it may be known.\n  Run: chmod 600 ${secrets}\n`,
    ]);
    const profiles = join(config(), "profiles.json");
    await writeFile(profiles, "{");
    const damaged = await pipe(["whoami"]);
    expect([damaged.exitCode, damaged.stderr]).toEqual([
      1,
      `biped: ${profiles} is damaged.\n  Mend it, or delete it and log in again.\n`,
    ]);
  });

  test("login --sandbox takes the first credential of demo.json and project 42; without one it says how to start", async () => {
    const { clientId, clientSecret } = service.credentials.account;
    const missing = await pipe(["login", "--sandbox"]);
    expect([missing.exitCode, missing.stderr.split("\n")[0]]).toEqual([
      1,
      `biped: There is no ${join(place.directory, ".biped", "demo.json")}.`,
    ]);
    await mkdir(join(place.directory, "data"));
    const demo = {
      issuer: service.authUrl,
      accounts: [{ projects: [{ id: 43 }, { id: 42 }] }],
      credentials: [{ client_id: clientId, client_secret: clientSecret }],
    };
    await writeFile(join(place.directory, "data", "demo.json"), JSON.stringify(demo));
    const found = await pipe(["login", "--sandbox", "data", "--json"]);
    expect(JSON.parse(found.stdout)).toMatchObject({
      profile: "sandbox",
      clientId,
      projectId: 42,
      secretStore: "file",
    });
    const byVariable = await pipe(["login", "--sandbox"], "", { BIPED_DATA_DIR: "data" });
    expect(byVariable.exitCode).toBe(0);
    await writeFile(join(place.directory, "data", "demo.json"), "{}");
    expect((await pipe(["login", "--sandbox", "data"])).exitCode).toBe(1);
  });

  test("members of another type are left out, and break nothing", async () => {
    const projects = [{ id: 42, name: null, endpoint: 7 }];
    const answer = { name: 5, level: [], scopes: "metrics", permissions: { projects }, secrets: "none" };
    service.control.failNext("information", { kind: "answer", status: 200, body: JSON.stringify(answer) }, 3);
    const stored = await store("a");
    expect([stored.exitCode, stored.stderr]).toEqual([0, ""]);
    const shown = await pipe(["whoami"]);
    expect([shown.exitCode, shown.stdout]).toEqual([0, expect.stringMatching(/\nProjects\n {2}42\n$/)]);
    expect((await pipe(["doctor"])).stdout).toMatch(/^✓ credential +accepted; 1 project; scopes metrics$/m);
  });

  test("what the service says cannot steer the terminal", async () => {
    const name = "\u001b[2JSHOP\u202e";
    const body = JSON.stringify({ scopes: "metrics", permissions: { projects: [{ id: 42, name }] } });
    service.control.failNext("information", { kind: "answer", status: 200, body }, 3);
    const stored = await store("a");
    expect(stored.stdout).toContain("42 \\u001b[2JSHOP\\u202e");
    const { output } = await runInTerminal(["whoami"], { env: { ...place.env, NO_COLOR: "1" } });
    expect(output).toContain("42  \\u001b[2JSHOP\\u202e");
    expect(output).not.toContain("\u001b[2J");
    const { stdout } = await pipe(["whoami", "--json"]);
    expect(stdout).toContain('"\\u001b[2JSHOP\\u202e"');
    expect(JSON.parse(stdout).permissions.projects[0].name).toBe(name);
  });
});
