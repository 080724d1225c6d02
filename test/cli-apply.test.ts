/** `biped apply` against the management API: the plan, the steps, the secrets, and a second run that changes nothing. */

import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type StartedManagement, startManagement } from "./management-server.ts";
import { type CommandPlace, createCommandPlace, runInTerminal, runThroughPipe } from "./pseudo-terminal.ts";
import { createRecordingWay, type RecordingWay } from "./recording-way.ts";

const file = `clouds:
  - name: aws-eu-west-1
    endpoint: https://api.eu.example.com
accounts:
  - name: Acme
    credentialLifetimeLimitDays: 3650
    projects:
      - name: Web
        cloud: aws-eu-west-1
        timeZone: Europe/Paris
        credentials:
          - name: Nightly
            scopes: [data-export, metrics]
            expiresAt: 2029-06-30
            allowedRanges: [192.0.2.0/24]
      - name: Old shop
        id: 900
        cloud: aws-eu-west-1
        state: disabled
    credentials:
      - name: CI
        scopes: [metrics]
        expiresAt: 2029-06-30
        state: disabled
`;

let started: StartedManagement;
let way: RecordingWay;
let place: CommandPlace;
let token: string;

beforeEach(async () => {
  started = await startManagement("sqlite");
  way = await createRecordingWay(started.adminUrl);
  const administratorId = await started.addAdministrator({ email: "root@example.com", isPlatformOwner: true });
  const scopes = ["read", "accounts", "projects", "clouds", "credentials"] as const;
  const { headers } = await started.makeAccessToken("owner", { administratorId, scopes });
  token = headers.authorization?.replace("Bearer ", "") ?? "";
  place = await createCommandPlace();
  await write(file);
});
afterEach(async () => {
  await way.stop();
  await started.stop();
  await place.remove();
});

const write = (text: string): Promise<void> => writeFile(join(place.directory, "biped.yaml"), text);
const env = () => ({ ...place.env, BIPED_ADMIN_URL: way.url, BIPED_ADMIN_TOKEN: token });
const apply = (...args: string[]) => runThroughPipe(["apply", "-f", "biped.yaml", ...args], { env: env() });
const changes = (): string[] =>
  way.passed.filter(({ method }) => method !== "GET").map(({ method, path }) => `${method} ${path}`);

test("--dry-run shows the plan as the result, and changes nothing", async () => {
  const { stdout, stderr, exitCode } = await apply("--dry-run");
  expect([exitCode, stderr]).toEqual([0, ""]);
  expect(stdout).toBe(`+ cloud "aws-eu-west-1"
    endpoint  https://api.eu.example.com
+ account "Acme"
    credentialLifetimeLimitDays  3650
+ project "Old shop" of account "Acme"
    id     900
    cloud  aws-eu-west-1
    state  disabled
+ project "Web" of account "Acme"
    cloud     aws-eu-west-1
    timeZone  Europe/Paris
+ credential "CI" of account "Acme"
    scopes     metrics
    expiresAt  2029-06-30T00:00:00Z
    state      disabled
+ credential "Nightly" of project "Web" of account "Acme"
    scopes         data-export metrics
    allowedRanges  192.0.2.0/24
    expiresAt      2029-06-30T00:00:00Z
6 to create, 0 to change, 0 to delete.
`);
  expect(changes()).toEqual([]);
  const inJson = JSON.parse((await apply("--dry-run", "--json")).stdout);
  expect(inJson).toMatchObject({ applied: false, left: [] });
  expect(inJson.steps[0]).toEqual({ action: "create", noun: "cloud", title: 'cloud "aws-eu-west-1"' });
});

test("it is done in order, secrets alone are on stdout, and a second run finds nothing to change", async () => {
  const { stdout, stderr, exitCode } = await apply("--yes");
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(
    /^[\da-f-]{36}\tbiped_live_[0-9A-Za-z]{49}\tcredential "CI" of account "Acme"\n[\da-f-]{36}\tbiped_live_\w{49}\tcredential "Nightly" of project "Web" of account "Acme"\n$/,
  );
  expect(stderr).toContain("Done: 6 of 6 steps.\n");
  expect(stderr).not.toMatch(/biped_live_/);
  expect(changes()).toEqual([
    "POST /api/clouds",
    "POST /api/accounts",
    "POST /api/accounts/1/projects",
    "PATCH /api/projects/900",
    expect.stringContaining("POST /api/accounts/1/projects"),
    "POST /api/accounts/1/credentials",
    expect.stringMatching(/^PATCH \/api\/credentials\//),
    "POST /api/accounts/1/credentials",
  ]);
  const again = await apply("--yes");
  expect([again.exitCode, again.stdout, again.stderr]).toEqual([0, "", "Nothing to change.\n"]);
  expect(JSON.parse((await apply("--json")).stdout)).toEqual({ applied: false, steps: [], left: [] });
});

test("--secrets-file: a new file of mode 0600 with a line each; it is never replaced, and not made for nothing", async () => {
  const { stdout, exitCode } = await apply("--yes", "--secrets-file", "secrets.jsonl");
  expect([exitCode, stdout]).toEqual([0, ""]);
  const made = join(place.directory, "secrets.jsonl");
  expect((await stat(made)).mode & 0o777).toBe(0o600);
  const lines = (await readFile(made, "utf8")).trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { title: 'credential "CI" of account "Acme"', clientSecret: expect.stringMatching(/^biped_live_/) },
    { title: 'credential "Nightly" of project "Web" of account "Acme"' },
  ]);
  expect((await apply("--yes", "--secrets-file", "secrets.jsonl")).exitCode).toBe(0);
  await write(file.replace("name: CI", "name: CD"));
  const before = changes().length;
  const refused = await apply("--yes", "--secrets-file", "secrets.jsonl");
  expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining("it exists already (EEXIST)")]);
  expect(changes().length).toBe(before);
  const other = await apply("--yes", "--secrets-file", "other.jsonl", "--json");
  expect(JSON.parse(other.stdout)).toMatchObject({ applied: true, secretsFile: join(place.directory, "other.jsonl") });
  expect((await readdir(place.directory)).sort()).toEqual(["biped.yaml", "other.jsonl", "secrets.jsonl"]);
});

test("changes show before and after; what the file leaves out stays, and goes with prune", async () => {
  expect((await apply("--yes")).exitCode).toBe(0);
  await write(
    file
      .replace("https://api.eu.example.com", "https://api2.eu.example.com")
      .replace("3650", "3000")
      .replace("[data-export, metrics]", "[metrics]")
      .replace("state: disabled\n    credentials", "state: enabled\n    credentials")
      .replace("name: CI", "name: Other"),
  );
  const shown = await runInTerminal(["apply", "-f", "biped.yaml"], { env: env(), answers: [["Do this", "y"]] });
  expect([shown.exitCode, shown.text]).toEqual([0, expect.stringContaining("~ cloud")]);
  expect(shown.text).toContain("    endpoint  https://api.eu.example.com -> https://api2.eu.example.com\n");
  expect(shown.text).toContain("    credentialLifetimeLimitDays  3650 -> 3000\n");
  expect(shown.text).toContain("    scopes  data-export metrics -> metrics\n");
  expect(shown.text).toContain("    state  disabled -> enabled\n");
  expect(shown.text).toMatch(/- credential "CI" of account "Acme" \([\da-f-]{36}\) is not in the file, and stays\n/);
  expect(shown.text).toMatch(/Secret +biped_live_/);
  const kept = await apply("--yes");
  expect(kept.stderr).toContain("Nothing to change.");
  await write(`${(await readFile(join(place.directory, "biped.yaml"))).toString()}prune: true\n`);
  const pruned = await apply("--yes");
  expect([pruned.exitCode, pruned.stderr]).toEqual([
    0,
    expect.stringContaining("0 to create, 0 to change, 1 to delete."),
  ]);
});

test("no is no, nobody to ask needs --yes, and an end that is not 0 says why", async () => {
  const refused = await runInTerminal(["apply", "-f", "biped.yaml"], { env: env(), answers: [["Do this", "n"]] });
  expect([refused.exitCode, refused.text]).toEqual([1, expect.stringContaining("Nothing was changed")]);
  const silent = await apply();
  expect([silent.exitCode, silent.stderr]).toEqual([2, expect.stringContaining("Say so with --yes.")]);
  expect(changes()).toEqual([]);
});

test("a step that fails: what was made is told, and the same command does the rest", async () => {
  await write(file.replace("192.0.2.0/24", "everywhere"));
  const { stdout, stderr, exitCode } = await apply("--yes", "--json");
  expect(exitCode).toBe(3);
  const told = JSON.parse(stdout);
  expect([told.applied, told.steps.length, told.secrets.length]).toEqual([false, 5, 1]);
  expect(JSON.parse(stderr).error).toMatchObject({ code: "INVALID_REQUEST", status: 400 });
  expect(JSON.parse(stderr).error.next).toBe(
    "One step is left: mend it, and repeat the command, which does what is left.",
  );
  await write(file);
  const rest = await apply("--yes");
  expect([rest.exitCode, rest.stderr]).toEqual([0, expect.stringContaining("1 to create, 0 to change, 0 to delete.")]);
});

test("an answer that is lost: the step is asked for once more with the same key; a secret that is lost ends the run", async () => {
  way.loseNextAnswer("POST");
  await write(file.slice(0, file.indexOf("accounts:")));
  const { exitCode, stderr } = await apply("--yes");
  expect([exitCode, stderr]).toEqual([0, expect.stringContaining("Done: 1 of 1 steps.")]);
  await write(
    file
      .slice(0, file.indexOf("    credentials:\n      - name: CI"))
      .replace(/ {8}credentials:[\s\S]*?(?= {6}- name: Old)/, ""),
  );
  expect((await apply("--yes")).exitCode).toBe(0);
  await write(file);
  way.loseNextAnswer("POST");
  const lost = await apply("--yes");
  expect([lost.exitCode, lost.stdout]).toEqual([1, ""]);
  expect(lost.stderr).toMatch(
    /The secret of [\da-f-]{36} was made, but was lost .*\n {2}Make another: biped admin credentials rotate/,
  );
});

test("mistakes: all of them with their lines; scopes that the service does not know are configuration", async () => {
  await write(file.replace("[metrics]", "[metrics, frob]").replace("cloud: aws-eu-west-1", "cloud: gcp"));
  const { stderr, exitCode, stdout } = await apply("--yes");
  expect([exitCode, stdout]).toEqual([2, ""]);
  expect(stderr).toBe(`biped.yaml:9: accounts[0].projects[0].cloud names no cloud that there is
biped.yaml:22: accounts[0].credentials[0].scopes[1] is unknown to the service ("frob"); scopes are configuration of the server (BIPED_SCOPES)
biped: biped.yaml has 2 mistakes.
  See: biped apply --help
`);
  await write("accounts:\n  - nmae: Acme\n");
  const passed = way.passed.length;
  const broken = await apply("--json");
  expect(JSON.parse(broken.stderr).error.message).toBe(
    "biped.yaml:2: accounts[0].name is missing: it must be a text; biped.yaml:2: accounts[0].nmae is not known here",
  );
  expect(way.passed.length).toBe(passed);
  expect((await runThroughPipe(["apply", "-f", "none.yaml"], { env: env() })).stderr).toContain(
    "there is no such file",
  );
  expect((await runThroughPipe(["apply"], { env: env() })).exitCode).toBe(2);
});

test("from stdin, with --yes", async () => {
  const { exitCode, stderr } = await runThroughPipe(["apply", "-f", "-", "--yes"], {
    env: env(),
    input: '{"accounts":[{"name":"Piped"}]}',
  });
  expect([exitCode, stderr]).toEqual([0, expect.stringContaining('+ account "Piped"\n')]);
});
