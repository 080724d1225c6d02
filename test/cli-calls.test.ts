/** Tokens, calls, verification and doctor at the command line, at both services, in a terminal and through pipes. */

import { execFile, execFileSync } from "node:child_process";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type ClientService, services } from "./client-services.ts";
import { type CommandPlace, createCommandPlace, runInTerminal, runThroughPipe } from "./pseudo-terminal.ts";
import { faults, type PublicService, startPublicService } from "./public-service.ts";
import type { HeldCredential } from "./started-server.ts";

let place: CommandPlace;
let variables: Record<string, string>;
beforeEach(async () => {
  place = await createCommandPlace();
});
afterEach(() => place.remove());

const readVariables = (authUrl: string, { clientId, clientSecret }: HeldCredential) => ({
  BIPED_AUTH_URL: authUrl,
  BIPED_CLIENT_ID: clientId,
  BIPED_CLIENT_SECRET: clientSecret,
});
const pipe = (args: readonly string[], input: string | Uint8Array = "") =>
  runThroughPipe(args, { env: { ...place.env, ...variables }, input });
const terminal = (args: readonly string[], further: Record<string, string> = {}) =>
  runInTerminal(args, { env: { ...place.env, ...variables, ...further } });

const job = {
  name: "From the command line",
  format: "CSV",
  scope: "sessions",
  frequency: { value: "daily" },
  fields: [{ fieldName: "session_id" }],
  deviceLabel: "all",
};

describe.each(services)("at $name", ({ name, start }) => {
  let service: ClientService;
  beforeAll(async () => {
    service = await start();
  });
  afterAll(() => service.stop());
  beforeEach(() => {
    variables = readVariables(service.authUrl, service.project);
  });

  test("token prints just the token and a line feed, which the cloud accepts", async () => {
    for (const run of [await pipe(["token"]), await pipe(["token", "--quiet", "--scope", "data-export"])]) {
      expect([run.exitCode, run.stderr]).toEqual([0, ""]);
      expect(run.stdout).toMatch(/^eyJ[\w.-]+\n$/);
      const headers = { authorization: `Bearer ${run.stdout.trim()}` };
      expect((await fetch(`${service.endpoints[42]}/v1/exports`, { headers })).status).toBe(200);
    }
    const shown = await terminal(["token"]);
    expect([shown.exitCode, shown.text]).toEqual([0, expect.stringMatching(/^eyJ[\w.\-\n]+\n$/)]);
  });

  test("token --json has the names of the wire, and what is left of the token's time", async () => {
    variables = readVariables(service.authUrl, service.account);
    const { stdout } = await pipe(["token", "--json", "--project", "43", "--scope", "metrics"]);
    const token = JSON.parse(stdout);
    expect(token).toEqual({
      access_token: expect.stringMatching(/^eyJ/),
      token_type: "bearer",
      expires_in: expect.any(Number),
      scope: "metrics",
      project_id: 43,
      endpoint: service.endpoints[43],
      expires_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    });
    expect(token.expires_in).toBeGreaterThan(3_500);
    expect(token.expires_in).toBeLessThanOrEqual(3_600);
  });

  test("call: the bytes of the answer through a pipe, laid out in a terminal", async () => {
    const piped = await pipe(["call", "get", "/v1/exports?limit=1"]);
    expect([piped.exitCode, piped.stderr]).toEqual([0, ""]);
    expect(JSON.parse(piped.stdout)).toMatchObject({ success: true, payload: expect.any(Array) });
    expect(piped.stdout).not.toContain("\n ");
    const shown = await terminal(["call", "GET", "/v1/exports?limit=1"]);
    expect(shown.exitCode).toBe(0);
    expect(shown.text).toMatch(/^\{\n {2}"success": true,\n {2}"payload": \[/);
  });

  test("call: a body from an argument, a file and stdin; the header says JSON", async () => {
    const file = join(place.directory, "job.json");
    await writeFile(file, JSON.stringify(job));
    const runs = [
      await pipe(["call", "POST", "/v1/exports", "-d", JSON.stringify(job)]),
      await pipe(["call", "POST", "/v1/exports", "-d", `@${file}`]),
      await pipe(["call", "POST", "/v1/exports", "-d", "-"], JSON.stringify(job)),
    ];
    for (const { exitCode, stdout } of runs) {
      expect(exitCode).toBe(0);
      expect(JSON.parse(stdout)).toEqual({ success: true, payload: { jobId: expect.any(Number) } });
    }
  });

  test("call -i prints status and headers first; --json both and the body as one document", async () => {
    const included = await pipe(["call", "GET", "/v1/exports", "-i"]);
    const [head = "", body = ""] = included.stdout.split("\n\n");
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\n/);
    expect(head).toMatch(/^content-type: application\/json/m);
    expect(JSON.parse(body).success).toBe(true);
    const { stdout, exitCode } = await pipe(["call", "GET", "/v1/nothing", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ status: 404, headers: { "content-type": expect.any(String) } });
    expect(exitCode).toBe(3);
  });

  test("call -o writes the file once it is complete; an error body goes to stdout and leaves the file alone", async () => {
    const file = join(place.directory, "out.json");
    const written = await pipe(["call", "GET", "/v1/exports", "-o", file]);
    expect([written.exitCode, written.stdout]).toEqual([0, ""]);
    const content = await readFile(file, "utf8");
    expect(written.stderr).toBe(`Wrote ${Buffer.byteLength(content)} bytes to ${file}.\n`);
    expect(JSON.parse(content).success).toBe(true);
    const refused = await pipe(["call", "GET", "/v1/nothing", "-o", file]);
    expect([refused.exitCode, refused.stdout === "", refused.stderr]).toEqual([
      3,
      false,
      "biped: The service answers 404 Not Found.\n",
    ]);
    expect(await readFile(file, "utf8")).toBe(content);
    expect(await readdir(place.directory)).toEqual(["out.json"]);
    const nowhere = await pipe(["call", "GET", "/v1/exports", "-o", "none/out"]);
    expect([nowhere.exitCode, nowhere.stderr]).toEqual([
      1,
      "biped: none/out: there is no such file or folder (ENOENT).\n",
    ]);
  });

  test("doctor: every project of an account is looked at, and everything works", async () => {
    variables = readVariables(service.authUrl, service.account);
    const shown = await terminal(["doctor"], { NO_COLOR: "1" });
    expect(shown.text).toContain("✓ service       ");
    expect(shown.text).toContain("✓ credential    accepted");
    for (const id of [42, 43] as const) {
      expect(shown.text).toMatch(
        new RegExp(`^✓ project ${id} +token, and an answer of ${service.endpoints[id]} in \\d+ ms$`, "m"),
      );
    }
    expect(shown.text.trimEnd()).toMatch(/Everything works\.$/);
    expect(shown.exitCode).toBe(0);
    const { stdout, stderr, exitCode } = await pipe(["doctor", "--json"]);
    const report = JSON.parse(stdout);
    expect([report.ok, report.exitCode, exitCode, stderr]).toEqual([true, 0, 0, ""]);
    expect(report.findings.map((finding: { verdict: string }) => finding.verdict)).not.toContain("failed");
    const one = JSON.parse((await pipe(["doctor", "--json", "--project", "43"])).stdout);
    expect(one.findings.flatMap(({ project }: { project?: number }) => project ?? [])).toEqual([43]);
  });

  test("doctor: a wrong secret fails with the code of the refusal, and looks no further", async () => {
    variables = { ...variables, BIPED_CLIENT_SECRET: "wrong-secret" };
    const { stdout, exitCode } = await pipe(["doctor"]);
    expect(exitCode).toBe(name === "the sandbox" ? 3 : 4);
    expect(stdout).toMatch(/^✗ credential +The service (refuses|cannot answer)/m);
    expect(stdout).toMatch(/^ {16}.*secret.*$/m);
    expect(stdout).toMatch(/\n1 of 3 checks failed\.\n$/);
  });
});

describe("verify, at the sandbox", () => {
  let service: ClientService;
  let token: string;
  beforeAll(async () => {
    service = await services[0].start();
  });
  afterAll(() => service.stop());
  beforeEach(async () => {
    variables = readVariables(service.authUrl, service.project);
    token = (await pipe(["token"])).stdout.trim();
    // It needs the address of the service, and no credential.
    variables = { BIPED_AUTH_URL: service.authUrl };
  });

  test("a good token from stdin, as an argument, and in a terminal: every check passes, 0", async () => {
    const piped = await pipe(["verify"], `${token}\n`);
    expect([piped.exitCode, piped.stderr]).toEqual([0, ""]);
    expect(piped.stdout).toMatch(/^✓ form .*\n✓ type .*\n✓ algorithm +RS256\n✓ key .*\n✓ signature .*\n✓ issuer /);
    expect(piped.stdout).toContain(`✓ audience    ${service.endpoints[42]}`);
    expect(piped.stdout).toMatch(/\nThe token is good: 11 checks passed\.\n$/);
    expect(piped.stdout).not.toContain(token.slice(-40));
    const shown = await terminal(["verify", token]);
    expect([shown.exitCode, shown.text.includes("The token is good")]).toEqual([0, true]);
    const json = JSON.parse((await pipe(["verify", "--json", "-"], token)).stdout);
    expect([json.valid, json.issuer, json.checks.length]).toEqual([true, service.authUrl, 12]);
  });

  test("a scope that it lacks, another cloud, a changed token, no token at all: 1", async () => {
    const lacking = await pipe(["verify", "--require-scope", "surveys"], token);
    expect([lacking.exitCode, lacking.stdout.includes("✗ scope       lacks surveys")]).toEqual([1, true]);
    const elsewhere = await pipe(["verify", "--endpoint", service.endpoints[43]], token);
    expect([elsewhere.exitCode, elsewhere.stdout.includes("✗ audience ")]).toEqual([1, true]);
    const [header, claims, signature = ""] = token.split(".");
    const flipped = `${signature.slice(0, 10)}${signature[10] === "A" ? "B" : "A"}${signature.slice(11)}`;
    const changed = await pipe(["verify"], [header, claims, flipped].join("."));
    expect(changed.stdout).toMatch(/^✗ signature /m);
    expect([changed.exitCode, changed.stdout.includes("1 of 11 checks failed")]).toEqual([1, true]);
    expect((await pipe(["verify", "abc"])).exitCode).toBe(1);
    expect((await pipe(["verify"])).exitCode).toBe(2);
  });

  test("a reader that has had enough does not turn a failed check into 0", async () => {
    const command = `"$0" --conditions=biped-source "$1" verify a.b.c | true; echo "\${PIPESTATUS[0]}"`;
    const env = { PATH: process.env.PATH, ...place.env, ...variables };
    const args = ["-c", command, process.execPath, join(import.meta.dirname, "..", "apps", "cli", "src", "main.ts")];
    const run = await promisify(execFile)("bash", args, { env });
    expect([run.stdout, run.stderr]).toEqual(["1\n", ""]);
  });

  test("an issuer that the token names is not asked", async () => {
    const stranger = await startPublicService();
    const header = Buffer.from(
      JSON.stringify({ alg: "RS256", typ: "at+jwt", jku: `${stranger.authUrl}/keys` }),
    ).toString("base64url");
    const claims = Buffer.from(JSON.stringify({ iss: stranger.authUrl })).toString("base64url");
    const { exitCode, stdout } = await pipe(["verify"], `${header}.${claims}.AAAA`);
    expect(stdout).toContain(`✗ issuer      ${stranger.authUrl}, but this service is ${service.authUrl}`);
    expect([exitCode, stranger.counts.byPath]).toEqual([1, {}]);
    await stranger.stop();
  });

  test("token --decode shows header and claims with times in words, and never the signature", async () => {
    variables = readVariables(service.authUrl, service.project);
    for (const text of [(await pipe(["token", "--decode"])).stdout, (await terminal(["token", "--decode"])).text]) {
      expect(text).toMatch(/^Header\n {2}typ +at\+jwt\n {2}alg +RS256\n/);
      expect(text).toMatch(/^ {2}exp +\d+ {2}\d{4}-\d\d-\d\d [\d:]+Z, in (1 hour|59 minutes)$/m);
      expect(text).not.toMatch(/eyJ/);
    }
    const json = JSON.parse((await pipe(["token", "--decode", "--json"])).stdout);
    expect(Object.keys(json)).toEqual(["header", "claims", "endpoint"]);
    expect(json.claims.aud).toBe(json.endpoint);
  });
});

describe("with the stand-in", () => {
  let service: PublicService;
  beforeAll(async () => {
    service = await startPublicService();
  });
  beforeEach(() => {
    variables = readVariables(service.authUrl, service.credentials.project);
  });
  afterEach(() => service.control.reset());
  afterAll(() => service.stop());

  test("verify and --decode: a service without metadata and with opaque tokens ends with 5", async () => {
    const { exitCode, stderr, stdout } = await pipe(["verify", "abc"]);
    expect([exitCode, stdout]).toEqual([5, ""]);
    expect(stderr).toMatch(/^biped: This service does not publish metadata and keys: .* answers 404\.\n/);
    const decoded = await pipe(["token", "--decode"]);
    expect([decoded.exitCode, decoded.stdout]).toEqual([5, ""]);
    expect(decoded.stderr).toMatch(
      /^biped: This service's tokens cannot be decoded: it has 1 part instead of three\.\n/,
    );
  });

  test("verify: an address where nobody listens is 4", async () => {
    const { exitCode, stderr } = await pipe(["verify", "--auth-url", "http://127.0.0.1:9", "abc"]);
    expect([exitCode, stderr.split("\n").length]).toEqual([4, 3]);
  });

  test("a token that goes to a stranger's host is not asked for twice: 5, and the way to allow it", async () => {
    service.control.settings.endpoint = "https://evil.example";
    const { exitCode, stderr } = await pipe(["token"]);
    expect(exitCode).toBe(5);
    expect(stderr).toMatch(/^biped: .* \(ENDPOINT_NOT_ALLOWED, 200\)\n {2}.*--allowed-hosts\.\n$/);
    const allowed = await pipe(["token", "--allowed-hosts", "evil.example"]);
    expect(allowed.exitCode).toBe(0);
  });

  test.each([
    [["call", "GET", "v1/exports"], "The path begins with one slash"],
    [["call", "GET", "//evil.example/"], "The path begins with one slash"],
    [["call", "/v1/exports", "GET"], "The method comes first"],
    [["call", "GET", "/v1/exports", "-d", "x"], "GET takes no body"],
    [["call", "GET", "/", "-H", "Authorization: Bearer hush"], "The header Authorization is set by biped itself"],
    [["call", "GET", "/", "-H", "hush"], "-H must be a name, a colon and a value"],
    [["call", "GET", "/", "-H", "X: hu\nsh"], "The header X has characters"],
    [["call", "GET", "/\t/evil.example/"], "The path has a control character"],
    [["call", "TRACE", "/"], "TRACE is not for calls of an API"],
    [["call", "GET"], "Missing required argument 'path'"],
    [["token", "--project", "x"], "--project must be the number of a project"],
  ])("2: %j", async (args, message) => {
    const { exitCode, stderr, stdout } = await pipe(args);
    expect(stderr).toContain(`biped: ${message}`);
    expect([exitCode, stdout, stderr.includes("hush")]).toEqual([2, "", false]);
    expect(service.counts.tokenRequests).toBe(0);
  });

  test("2: --json and -o exclude each other", async () => {
    const { exitCode, stderr } = await pipe(["call", "GET", "/", "--json", "-o", "x"]);
    expect([exitCode, JSON.parse(stderr).error.message]).toEqual([2, "--json and --output exclude each other"]);
  });

  test("call: errors of the API go to stdout as they are, and the exit code tells their kind", async () => {
    const answer = (status: number) => ({ kind: "answer", status, body: "no\u001b[2J\n" }) as const;
    for (const [status, exitCode] of [
      [403, 3],
      [429, 4],
      [500, 4],
    ] as const) {
      service.control.failNext("api", answer(status), 3);
      const run = await pipe(["call", "GET", "/v1/exports"]);
      expect([run.exitCode, run.stdout]).toEqual([exitCode, "no\u001b[2J\n"]);
      expect(run.stderr).toMatch(new RegExp(`^biped: The service answers ${status} `));
      service.control.reset();
    }
    service.control.failNext("api", answer(400));
    const shown = await terminal(["call", "GET", "/v1/exports"], { NO_COLOR: "1" });
    expect(shown.output).toContain("no\\u001b[2J");
    expect(shown.output).not.toContain("\u001b[2J");
  });

  test("call: an answer that breaks off is 4, and the file does not appear", async () => {
    service.control.failNext("api", { kind: "cut", afterBytes: 5 });
    const file = join(place.directory, "out.json");
    const { exitCode, stderr } = await pipe(["call", "GET", "/v1/exports", "-o", file]);
    expect([exitCode, stderr.split("\n")[0]]).toEqual([4, expect.stringContaining("biped: The answer broke off")]);
    expect(await readdir(place.directory)).toEqual([]);
  });

  test("call -o writes into a pipe or a device instead of putting a file in its place", async () => {
    const file = join(place.directory, "fifo");
    execFileSync("sh", ["-c", 'mkfifo "$0"', file]);
    const [run, content] = await Promise.all([
      pipe(["call", "GET", "/v1/exports", "-o", file]),
      readFile(file, "utf8"),
    ]);
    expect([run.exitCode, JSON.parse(content)]).toEqual([0, expect.objectContaining({ success: true })]);
    expect((await stat(file)).isFIFO()).toBe(true);
  });

  test.each(["doctor", "verify"])("%s: a password in the address is refused, and not shown: 2", async (command) => {
    const args = [command, ...(command === "verify" ? ["a.b.c"] : []), "--debug"];
    variables = { ...variables, BIPED_AUTH_URL: service.authUrl.replace("://", "://me:hush@") };
    const run = await pipe(args);
    expect([run.exitCode, run.stderr]).toEqual([2, expect.stringContaining("without password, query or fragment")]);
    expect(run.stdout + run.stderr).not.toContain("hush");
  });

  test("scopes that are none: nothing of them steers the terminal, with --debug neither; doctor ends with 5", async () => {
    const projects = [{ id: 42, name: "SHOP" }];
    const scopes = "data-export \u001b[2J";
    const body = JSON.stringify({ scopes, permissions: { projects } });
    service.control.failNext("information", { kind: "answer", status: 200, body }, 3);
    const examined = await pipe(["doctor"]);
    expect([examined.exitCode, examined.stderr]).toEqual([5, ""]);
    expect(examined.stdout).toMatch(/^✗ credential .* what it names as scopes are none \(UNEXPECTED_ANSWER\)$/m);
    expect((await pipe(["token"])).exitCode).toBe(5);
    const token = { access_token: "abc", token_type: "bearer", expires_in: 60, scope: scopes, project_id: 42 };
    const answer = JSON.stringify({ ...token, endpoint: service.endpoints[0] });
    service.control.failNext("token", { kind: "answer", status: 200, body: answer });
    const { stdout, stderr } = await pipe(["token", "--debug", "--scope", "data-export"]);
    expect(stdout).toBe("abc\n");
    expect(stderr).toContain("(data-export \\u001b[2J)");
  });

  test("call: a redirect is not followed", async () => {
    service.control.failNext("api", faults.redirectTo(service.strangerUrl));
    const { exitCode, stderr } = await pipe(["call", "GET", "/v1/exports"]);
    expect([exitCode, stderr]).toEqual([0, `The service redirects to ${service.strangerUrl}; not followed.\n`]);
    expect(service.counts.strangerRequests).toBe(0);
  });

  test("call: long numbers keep their digits in a terminal and in --json", async () => {
    service.control.failNext("api", { kind: "answer", status: 200, body: '{"id":9007199254740993}' }, 2);
    expect((await terminal(["call", "GET", "/v1/exports"])).text).toBe('{\n  "id": 9007199254740993\n}\n');
    expect((await pipe(["call", "GET", "/v1/exports", "--json"])).stdout).toContain('"body": {"id":9007199254740993}');
  });

  test("Ctrl-C while a token is asked for, or while stdin is read, does not wait for either: 130", async () => {
    service.control.failNext("token", { kind: "hang" });
    const env = { ...place.env, BIPED_AUTH_URL: service.authUrl };
    const asking = { env: { ...env, ...variables, BIPED_SCOPE: "" }, answers: [] };
    const release = service.control.hold("information");
    const doctor = await runInTerminal(["doctor"], { ...asking, signalAfter: ["✓ service", "SIGINT"] });
    release();
    expect([doctor.exitCode, doctor.text.includes("biped: Stopped.")]).toEqual([130, true]);
    const reading = await runInTerminal(["verify", "-"], { env, answers: [["end with Ctrl-D", "a\r\u0003"]] });
    expect(reading.exitCode).toBe(130);
  });

  test("Ctrl-C and SIGTERM while the service is silent: 130 and 143, one line", async () => {
    for (const [signal, exitCode] of [
      ["SIGINT", 130],
      ["SIGTERM", 143],
    ] as const) {
      service.control.failNext("api", { kind: "hang" });
      const env = { ...place.env, ...variables, BIPED_SCOPE: "data-export", NO_COLOR: "1" };
      const { text, ...ended } = await runInTerminal(["call", "GET", "/v1/exports", "--debug"], {
        env,
        signalAfter: ["debug: token for project 42", signal],
      });
      expect([ended.exitCode, ended.signal]).toEqual([exitCode, undefined]);
      expect(text).toContain("biped: Stopped.\n");
    }
  });

  test("doctor: a cloud that refuses the token is 3, one that is down 4, a page 5; the gravest counts", async () => {
    variables = readVariables(service.authUrl, service.credentials.account);
    const refusal = { kind: "answer", status: 401, body: "" } as const;
    service.control.failNext("api", refusal);
    const refused = await pipe(["doctor", "--project", "42"]);
    expect(refused.stdout).toMatch(/^✗ project 42 +\S+ refuses the token \(401\)$/m);
    expect(refused.exitCode).toBe(3);
    service.control.failNext("api", faults.gateway(502), 3);
    expect((await pipe(["doctor", "--project", "42"])).exitCode).toBe(4);
    service.control.failNext("token", faults.webPage());
    const page = await pipe(["doctor", "--project", "42"]);
    expect(page.stdout).toMatch(
      /^✗ project 42 +The answer is not of this protocol: it is a web page \(UNEXPECTED_ANSWER\)$/m,
    );
    expect(page.exitCode).toBe(5);
  });

  test("doctor: nobody listens: one finding, 4", async () => {
    const { exitCode, stdout } = await pipe(["doctor", "--auth-url", "http://127.0.0.1:9", "--json"]);
    expect(JSON.parse(stdout).findings.map(({ name }: { name: string }) => name)).toEqual(["service"]);
    expect(exitCode).toBe(4);
  });

  test("doctor: a clock ten minutes away fails with 1, one minute is a warning", async () => {
    service.control.advanceSeconds(60);
    const warned = await pipe(["doctor"]);
    expect([warned.exitCode, /^! clock .* behind the service's$/m.test(warned.stdout)]).toEqual([0, true]);
    service.control.advanceSeconds(600);
    expect((await pipe(["doctor"])).exitCode).toBe(1);
  });

  test("errors with --json are one JSON document on stderr, and stdout stays empty", async () => {
    service.control.failNext("token", {
      kind: "answer",
      status: 401,
      body: '{"error":"invalid_client","requestId":"r-1"}',
    });
    const { exitCode, stdout, stderr } = await pipe(["token", "--json"]);
    expect([exitCode, stdout]).toEqual([3, ""]);
    expect(JSON.parse(stderr)).toEqual({
      error: {
        code: "INVALID_CLIENT",
        message: expect.any(String),
        status: 401,
        requestId: "r-1",
        next: expect.stringContaining("biped login"),
        exitCode: 3,
      },
    });
  });

  test("--debug shows a stack and what the client did, without secret and token", async () => {
    service.control.failNext("token", { kind: "echo", status: 401 });
    const { stderr } = await pipe(["token", "--debug"]);
    expect(stderr).toMatch(/^debug: ClientError: /m);
    expect(stderr).toMatch(/\n {4}at /);
    expect(stderr).not.toContain(service.credentials.project.clientSecret);
    service.control.failNext("token", faults.gateway(503));
    const renewed = await pipe(["token", "--debug"]);
    expect(renewed.stderr).toMatch(/^debug: POST \S+\/v1\/oauth\/token: 503; repetition 1 in \d+ ms$/m);
    expect(renewed.stderr).toMatch(/^debug: token for project 42 \(data-export metrics\), good at /m);
    expect(renewed.stderr).not.toContain(renewed.stdout.trim());
  });
});
