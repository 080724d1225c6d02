/** `biped exports …` as a user meets it: each command in a pseudo-terminal and through a pipe, and what can go wrong. */

import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import { DuckDBInstance } from "@duckdb/node-api";
import { parse } from "csv-parse/sync";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { findFreePorts } from "./free-ports.ts";
import { type CommandPlace, createCommandPlace, runInTerminal, runThroughPipe } from "./pseudo-terminal.ts";
import { faults, type PublicService, startPublicService } from "./public-service.ts";
import {
  createSandboxEnvironment,
  type Demo,
  type RunningSandbox,
  readDemo,
  type SandboxEnvironment,
  startSandbox,
  stopSandbox,
} from "./started-sandbox.ts";

const run = promisify(execFile);

let service: PublicService;
let place: CommandPlace;

beforeAll(async () => {
  service = await startPublicService();
});
afterAll(() => service.stop());
beforeEach(async () => {
  const { clientId, clientSecret } = service.credentials.account;
  place = await createCommandPlace({
    BIPED_AUTH_URL: service.authUrl,
    BIPED_CLIENT_ID: clientId,
    BIPED_CLIENT_SECRET: clientSecret,
    BIPED_PROJECT_ID: "42",
  });
});
afterEach(async () => {
  service.control.reset();
  await place.remove();
});

const inTerminal = (line: string, options: Partial<Parameters<typeof runInTerminal>[1]> = {}) =>
  runInTerminal(line.split(" "), { ...place, ...options });
const throughPipe = (line: string, options: Partial<Parameters<typeof runThroughPipe>[1]> = {}) =>
  runThroughPipe(line.split(" "), { ...place, ...options });
const readSaved = (...path: string[]): Promise<Buffer> => readFile(join(place.directory, ...path));
const listSaved = async (): Promise<readonly string[]> => (await readdir(place.directory)).toSorted();

/** What holds for every failure, whatever it is. */
function expectPlainError(text: string): void {
  expect(text).not.toMatch(/\n\s+at .*[:(]/);
  for (const { clientSecret } of Object.values(service.credentials)) expect(text).not.toContain(clientSecret);
  expect(text).not.toMatch(/eyJ[\w-]+\.|signature=/);
}

describe("exports list", () => {
  test("a table on a terminal, lines of tabs through a pipe, the answer with --json", async () => {
    const { text, exitCode } = await inTerminal("exports list --format csv");
    expect([exitCode, text]).toEqual([
      0,
      "JOB   NAME          FORMAT  SCOPE  FREQUENCY  STATE   CREATED\n" +
        "1120  Hourly views  CSV     views  hourly     ACTIVE  -\n",
    ]);
    const piped = await throughPipe("exports list --state active --frequency hourly --export-scope views");
    expect(piped).toMatchObject({
      exitCode: 0,
      stdout: "1120\tHourly views\tCSV\tviews\thourly\tACTIVE\t-\n",
      stderr: "",
    });
    const json = await throughPipe("exports list --json --limit 1 --project 43");
    expect(JSON.parse(json.stdout)).toMatchObject([{ jobId: 2201, name: "App sessions" }]);
  });

  test("nothing to list: what to do next, on stderr alone", async () => {
    const none = await throughPipe("exports list --state deleted");
    expect(none).toMatchObject({
      exitCode: 0,
      stdout: "",
      stderr: "No job matches. All of them: biped exports list\n",
    });
    expect(await throughPipe("exports list --state deleted --quiet")).toMatchObject({ stdout: "", stderr: "" });
    expect(await throughPipe("exports list --state deleted --json")).toMatchObject({ stdout: "[]\n", stderr: "" });
  });

  test("control characters in a name are shown, never sent to the terminal", async () => {
    service.control.addJob(43, { jobId: 66, name: "a\u001b[2J\u202eb\tc", state: "SUSPENDED" });
    const shown = "a\\u001b[2J\\u202eb\\u0009c";
    const { output } = await inTerminal("exports list --project 43 --state suspended --no-color");
    expect(output).toContain(shown);
    expect(output.split("\n").slice(1).join("")).not.toContain("\u001b");
    expect((await throughPipe("exports list --project 43 --state suspended")).stdout).toContain(`66\t${shown}\tJSONL`);
    const json = await throughPipe("exports show 66 --project 43 --json");
    for (const control of ["\u001b", "\u202e"]) expect(json.stdout).not.toContain(control);
    expect(JSON.parse(json.stdout).name).toBe("a\u001b[2J\u202eb\tc");
  });
});

describe("exports show, runs and fields", () => {
  test("show: a job with its fields", async () => {
    const { text, exitCode } = await inTerminal("exports show 1119");
    expect([exitCode, text]).toEqual([
      0,
      "Job        1119\nName       Nightly sessions\nState      ACTIVE\nFormat     JSONL\nScope      sessions\n" +
        "Frequency  daily\nDevices    all\nCreated    -\nFields     session_id\nIts runs: biped exports runs 1119\n",
    ]);
    const piped = await throughPipe("exports show 1119");
    expect(piped.stdout.split("\n").slice(0, 2)).toEqual(["Job\t1119", "Name\tNightly sessions"]);
  });

  test("runs: the newest first, and nothing that opens a file", async () => {
    const { text } = await inTerminal("exports runs 1119");
    expect(text.replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d/g, "DAY AND A MINUTE")).toBe(
      "RUN     STATE    START (UTC)       PERIOD (UTC)  ROWS  SIZE  FAILURE\n" +
        "130348  SUCCESS  DAY AND A MINUTE  -             -     -     -\n" +
        "130347  FAILURE  DAY AND A MINUTE  -             -     -     -\n" +
        "130346  SUCCESS  DAY AND A MINUTE  -             -     -     -\n",
    );
    const piped = await throughPipe("exports runs 1119 --state failure");
    expect(piped.stdout).toMatch(/^130347\tFAILURE\t\S+Z\t-\t-\t-\t-\n$/);
    const json = await throughPipe("exports runs 1119 --limit 2 --json");
    expect(JSON.parse(json.stdout).map(({ jobRunId }: { jobRunId: number }) => jobRunId)).toEqual([130348, 130347]);
    expect(await throughPipe("exports runs 1120 --state failure")).toMatchObject({
      stdout: "",
      stderr: "No run matches. All of them: biped exports runs 1120\n",
    });
  });

  test("runs: period, rows, size and why one failed, with its control characters shown", async () => {
    const dateRange = { from: "2026-11-02T00:00:00Z", to: "2026-11-03T00:00:00Z" };
    const payload = [
      { jobRunId: 7, state: "CREATED", startDate: "2026-11-04T00:10:00Z", rowCount: null, failureReason: null },
      { jobRunId: 6, state: "FAILURE", startDate: "2026-11-03T00:10:09Z", failureReason: "\u001b[2JNo data." },
      { jobRunId: 5, state: "SUCCESS", startDate: "2026-11-03T00:10:09Z", dateRange, rowCount: 0, byteCount: 1500 },
    ];
    const body = JSON.stringify({ success: true, payload });
    service.control.failNext("api", { kind: "answer", status: 200, body }, 2);
    expect((await inTerminal("exports runs 1119")).text).toBe(
      "RUN  STATE    START (UTC)       PERIOD (UTC)                          ROWS  SIZE    FAILURE\n" +
        "7    CREATED  2026-11-04 00:10  -                                     -     -       -\n" +
        "6    FAILURE  2026-11-03 00:10  -                                     -     -       \\u001b[2JNo data.\n" +
        "5    SUCCESS  2026-11-03 00:10  2026-11-02 00:00 to 2026-11-03 00:00  0     1.5 kB  -\n",
    );
    const [, failed, successful] = (await throughPipe("exports runs 1119")).stdout.split("\n");
    expect(failed).toBe("6\tFAILURE\t2026-11-03T00:10:09Z\t-\t-\t-\t\\u001b[2JNo data.");
    expect(successful).toBe(`5\tSUCCESS\t2026-11-03T00:10:09Z\t${dateRange.from}/${dateRange.to}\t0\t1500\t-`);
  });

  test("fields: what can be exported", async () => {
    const { text } = await inTerminal("exports fields views");
    expect(text).toBe(
      "NAME                TYPE           DESCRIPTION\n" +
        "view_duration_msec  Integer        How long the page was seen.\n" +
        "errors.message      Array(String)  Texts of errors.\n",
    );
    const piped = await throughPipe("exports fields sessions");
    expect(piped.stdout.split("\n")[1]).toBe("city\tString\tWhere the session took place.");
  });

  test("another project's job is not found: exit code 3, and what to check", async () => {
    const { text, exitCode } = await inTerminal("exports show 2201");
    expect(exitCode).toBe(3);
    expect(text).toContain("biped: The service refuses: Not found (NOT_FOUND, 404)\n  Check the number");
    expect(await throughPipe("exports runs 2201")).toMatchObject({ exitCode: 3, stdout: "" });
  });
});

describe("exports create and wait", () => {
  const create = (...args: string[]) => ["exports", "create", "--name", "Last week", ...args];
  const once = ["--frequency", "once", "--from", "2026-11-02", "--to", "2026-11-09", "--fields", "session_id,city"];

  test("options make a job; through a pipe its number is all that is printed", async () => {
    const { text, exitCode } = await runInTerminal(create("--frequency", "daily", "--fields", "session_id"), place);
    expect([exitCode, text]).toEqual([
      0,
      expect.stringMatching(/^Created job \d+\.\nWait for its first run: biped exports wait \d+\n$/),
    ]);
    const piped = await runThroughPipe(create(...once, "--device", "mobile", "--segment", "7"), place);
    expect(piped).toMatchObject({ exitCode: 0, stderr: "", stdout: expect.stringMatching(/^\d+\n$/) });
    const shown = await throughPipe(`exports show ${piped.stdout.trim()} --json`);
    expect(JSON.parse(shown.stdout)).toMatchObject({
      name: "Last week",
      format: "JSONL",
      frequency: { value: "once", dateRange: { from: "2026-11-02", to: "2026-11-09" } },
      fields: [{ fieldName: "session_id" }, { fieldName: "city" }],
      deviceLabel: "mobile",
      segmentId: 7,
    });
  });

  test("a file makes a job, from the disk and from stdin", async () => {
    const job = {
      name: "From a file",
      format: "CSV",
      scope: "views",
      frequency: { value: "hourly" },
      fields: [{ fieldName: "custom_var", customVarPosition: 3, aliasName: "plan" }],
      deviceLabel: "all",
    };
    await writeFile(join(place.directory, "job.json"), JSON.stringify(job));
    const { text } = await inTerminal("exports create --file job.json --json");
    const shown = await throughPipe(`exports show ${JSON.parse(text).jobId}`);
    expect(shown.stdout).toContain("Fields\tcustom_var(3) as plan\n");
    const piped = await throughPipe("exports create --file -", { input: JSON.stringify(job) });
    expect(piped).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^\d+\n$/) });
  });

  test("a wrong job is refused before anything is sent: exit code 2, the option and the rule", async () => {
    const { text, exitCode } = await runInTerminal(create(...once, "--to", "2026-11-30"), place);
    expect([exitCode, text.trim()]).toEqual([2, "biped: --to must be after the beginning, by 7 days at most."]);
    const cases = [
      [create("--frequency", "weekly"), "argument 'weekly' is invalid. It must be one of once, daily, hourly."],
      [create("--file", "job.json"), "--file holds the whole job: leave out --name."],
      [["exports", "create"], "A job needs --name, --frequency and --fields, or a --file."],
      [["exports", "create", "--file", "-"], "stdin is not JSON."],
      [["exports", "wait", "1119", "--timeout", "soon"], "It must be a time such as 90s, 30m or 2h, a day at most."],
      [["exports", "show", "../me"], "It must be a whole number, 1 or more."],
    ] as const;
    const results = await Promise.all(cases.map(([args]) => runThroughPipe(args, { ...place, input: "{" })));
    expect(results.map(({ exitCode, stdout }) => [exitCode, stdout])).toEqual(cases.map(() => [2, ""]));
    for (const [at, [, message]] of cases.entries()) expect(results[at]?.stderr).toContain(message);
    expect(service.counts.tokenRequests).toBe(0);
  });

  test("what the service refuses is told with its code and its words", async () => {
    service.control.failNext("api", {
      kind: "answer",
      status: 400,
      body: '{"success":false,"errorMessage":"\\u001b[31mNo such field.","errorCode":"UNKNOWN_FIELD"}',
    });
    const piped = await runThroughPipe(create(...once), place);
    expect(piped).toMatchObject({ exitCode: 3, stdout: "" });
    expect(piped.stderr).toMatch(/^biped: The service refuses: .*No such field \(UNKNOWN_FIELD, 400\)\n/);
    expect(piped.stderr).not.toContain("\u001b");
  });

  test("a creation whose outcome is unknown is not repeated, and says where to look", async () => {
    service.control.failNext("api", { kind: "reset" });
    const before = service.counts.byPath["POST /v1/exports"] ?? 0;
    const piped = await runThroughPipe(create(...once), place);
    expect(piped).toMatchObject({ exitCode: 4, stdout: "" });
    expect(piped.stderr).toContain("Before you repeat it, see whether the job was created: biped exports list\n");
    expect((service.counts.byPath["POST /v1/exports"] ?? 0) - before).toBe(1);
  });

  test("wait tells the states that it sees, and then the run", async () => {
    service.control.settings.isLookingProgress = true;
    const runId = service.control.addRun(1119, { state: "CREATED" });
    const { text, exitCode } = await inTerminal("exports wait 1119 --interval 20ms");
    expect([exitCode, text.replaceAll(/^ +\d+ s /gm, "")]).toEqual([
      0,
      `${["RUNNABLE", "RUNNING", "SUCCESS"].map((state) => ` run ${runId} ${state}\n`).join("")}` +
        `Run ${runId} of job 1119 has succeeded: 1 file.\nSave them with: biped exports download 1119 ${runId}\n`,
    ]);
    const piped = await throughPipe(`exports wait 1119 --run ${runId}`);
    expect(piped).toMatchObject({ exitCode: 0, stdout: `${runId}\tSUCCESS\t1\n` });
    const json = await throughPipe(`exports wait 1119 --run ${runId} --json`);
    expect(JSON.parse(json.stdout)).toMatchObject({ jobRunId: runId, state: "SUCCESS", files: [{ partId: 1 }] });
    expect(json.stdout).not.toContain("signature");
  });

  test("wait ends with 1 when the run fails, and when the time is up", async () => {
    const failed = await throughPipe("exports wait 1119 --run 130347");
    expect(failed).toMatchObject({ exitCode: 1, stdout: "" });
    expect(failed.stderr).toContain("biped: Run 130347 has failed");
    const runId = service.control.addRun(1120, { state: "RUNNING" });
    const { text, exitCode } = await inTerminal(`exports wait 1120 --run ${runId} --timeout 100ms --interval 50ms`);
    expect(exitCode).toBe(1);
    expect(text).toContain("Wait longer with --timeout; the run goes on by itself.");
    service.control.setRunState(runId, "FAILURE");
  });

  const answerRun = (run: object, times = 1): void => {
    const body = JSON.stringify({ success: true, payload: { jobRunId: 77, ...run } });
    service.control.failNext("api", { kind: "answer", status: 200, body }, times);
  };

  test("wait tells when a run begins whose period has not ended, and what the time limit means for it", async () => {
    answerRun({ state: "CREATED", startDate: "2999-01-01T00:10:00Z" }, 2);
    const piped = await throughPipe("exports wait 1119 --run 77 --timeout 20ms --interval 20ms");
    expect(piped).toMatchObject({ exitCode: 1, stdout: "" });
    expect(piped.stderr).toMatch(
      /^ {3}0 s {2}run 77 CREATED\nRun 77 begins at 2999-01-01T00:10:00Z at the earliest, in \d+ days\. That is after the --timeout of this wait\.\nRuns that are over: biped exports runs 1119\nbiped: The run has not finished yet\.\n/,
    );
  });

  test("wait tells why an attempt failed that is made again, and why the run failed in the end", async () => {
    answerRun({ state: "RUNNABLE", failureReason: "No space.\u001b[2J" });
    answerRun({ state: "FAILURE", failureReason: "Still no\u001b space." });
    const failed = await throughPipe("exports wait 1119 --run 77 --interval 20ms");
    expect(failed).toMatchObject({ exitCode: 1, stdout: "" });
    expect(failed.stderr.replaceAll(/^ +\d+ s {2}/gm, "")).toBe(
      "run 77 RUNNABLE, tried again later; an attempt failed: No space.\\u001b[2J\n" +
        "run 77 FAILURE\n" +
        "biped: Run 77 has failed: Still no space.\n  Other runs: biped exports runs 1119\n",
    );
  });

  test("files of a successful run that are no longer kept are not waited for", async () => {
    answerRun({ state: "SUCCESS", files: [], fileCount: 2, rowCount: 5, byteCount: 1500 }, 2);
    expect((await inTerminal("exports wait 1119 --run 77")).text).toContain(
      "Run 77 of job 1119 has succeeded: 2 files, 5 rows, 1.5 kB.\nIts files have been deleted",
    );
    const gone = await throughPipe("exports download 1119 77");
    expect(gone).toMatchObject({ exitCode: 1, stdout: "" });
    expect(gone.stderr).toBe(
      "biped: The files of run 77 are no longer there.\n" +
        "  Files are kept for some days only. Other runs: biped exports runs 1119\n",
    );
  });

  test("create --download: the job, its run, and its file in one go", async () => {
    service.control.settings.isLookingProgress = true;
    const { text, exitCode } = await runInTerminal(create(...once, "--download", "files", "--interval", "20ms"), place);
    expect([exitCode, text]).toEqual([0, expect.stringContaining("FILE")]);
    const [name = ""] = await readdir(join(place.directory, "files"));
    expect(name).toMatch(/^job-\d+-run-\d+-part-1\.jsonl\.gz$/);
    const runId = Number(/run-(\d+)/.exec(name)?.[1]);
    expect((await readSaved("files", name)).equals(service.control.readFile(runId).bytes)).toBe(true);
  });
});

describe("exports download", () => {
  const [first, second] = [1, 2].map((part) => `job-1119-run-130346-part-${part}.jsonl.gz`);

  test("all parts of a run, with a progress bar on a terminal and none through a pipe", async () => {
    const { text, exitCode } = await inTerminal("exports download 1119 130346 --output files");
    expect(exitCode).toBe(0);
    expect(text).toMatch(/part 1 of 2 {2}\[=+] {2}100 %/);
    expect(text).toMatch(
      /\nFILE +SIZE\nfiles\/job-1119-run-130346-part-1\.jsonl\.gz +\d+\.\d kB\nfiles\/\S+part-2\S+ +/,
    );
    expect(await readdir(join(place.directory, "files"))).toEqual([first, second]);
    for (const [at, name] of [first, second].entries()) {
      expect((await readSaved("files", name!)).equals(service.control.readFile(130346, at + 1).bytes)).toBe(true);
    }
    const piped = await throughPipe("exports download 1119 130346");
    const { length } = service.control.readFile(130346).bytes;
    expect(piped).toMatchObject({ exitCode: 0, stderr: "", stdout: expect.stringContaining(`${first}\t${length}\n`) });
    expect(service.counts.tokensAtFiles).toBe(0);
  });

  test("progress is not drawn with --quiet or --json, and stays one line of a narrow terminal", async () => {
    for (const option of ["--quiet", "--json"]) {
      const { text, exitCode } = await inTerminal(`exports download 1119 130348 --force ${option}`);
      expect([exitCode, text.includes("part 1 of 1")]).toEqual([0, false]);
    }
    const { text } = await inTerminal("exports download 1119 130348 --force", { columns: 30 });
    const drawn = text.split("\n").filter((line) => line.includes("%"));
    expect(drawn.at(-1)).toMatch(/100 %$/);
    expect(Math.max(...drawn.map((line) => line.length))).toBeLessThan(30);
  });

  test("without a run: the newest successful one; --gunzip unpacks it; --json names the files", async () => {
    const piped = await throughPipe("exports download 1119 --gunzip --json --output .");
    const { runId, files } = JSON.parse(piped.stdout);
    const [{ path }] = files;
    expect(files).toEqual([{ partId: 1, path, bytes: expect.any(Number) }]);
    expect(path).toBe(`job-1119-run-${runId}-part-1.jsonl`);
    expect((await readSaved(path)).toString()).toBe(service.control.readFile(runId).text);
    expect(await listSaved()).toEqual([path]);
  });

  test("a file that is there already is refused, and replaced with --force", async () => {
    const name = "job-1120-run-130349-part-1.csv.gz";
    await writeFile(join(place.directory, name), "mine");
    const { text, exitCode } = await inTerminal("exports download 1120 130349");
    expect([exitCode, text.trim()]).toEqual([
      1,
      `biped: ${name} is there already.\n  Replace it with --force, or choose another folder with --output.`,
    ]);
    expect((await readSaved(name)).toString()).toBe("mine");
    expect((await throughPipe("exports download 1120 130349 --force")).exitCode).toBe(0);
    expect((await readSaved(name)).equals(service.control.readFile(130349).bytes)).toBe(true);
  });

  test("a run without files: exit code 1, and how to wait for them", async () => {
    const failed = await throughPipe("exports download 1119 130347");
    expect(failed).toMatchObject({ exitCode: 1, stdout: "" });
    expect(failed.stderr).toBe("biped: Run 130347 of job 1119 has failed.\n  Other runs: biped exports runs 1119\n");
    service.control.addJob(42, { jobId: 3000 });
    const runId = service.control.addRun(3000, { state: "RUNNING" });
    expect((await inTerminal("exports download 3000")).text).toContain("biped: Job 3000 has no successful run.");
    const running = await throughPipe(`exports download 3000 ${runId}`);
    expect(running.stderr).toContain(`Wait for it: biped exports wait 3000 --run ${runId}`);
    expect(await listSaved()).toEqual([]);
  });

  test("a connection that is cut and a link that ends meanwhile do not show in the file", async () => {
    service.control.failNext("file", { kind: "cut", afterBytes: 4_000 });
    service.control.failNext("file", { kind: "answer", status: 403, body: "<Error>expired</Error>" });
    const piped = await throughPipe("exports download 1119 130348");
    expect(piped).toMatchObject({ exitCode: 0, stderr: "" });
    const saved = await readSaved("job-1119-run-130348-part-1.jsonl.gz");
    expect(saved.equals(service.control.readFile(130348).bytes)).toBe(true);
  });
});

describe("bad input", () => {
  const name = "job-1119-run-130348-part-1.jsonl.gz";
  const record = "job-1119-run-130348.download.json";

  test("a truncated download: exit code 4, no final file, and the same command goes on", async () => {
    service.control.failNext("file", { kind: "cut", afterBytes: 4_000 });
    service.control.failNext("file", { kind: "reset" }, 40);
    const failed = await throughPipe("exports download 1119 130348");
    expect(failed).toMatchObject({ exitCode: 4, stdout: "" });
    expect(failed.stderr).toContain(`${name}.part keeps 4.0 kB; the same command goes on from there.\n`);
    expect(failed.stderr).toMatch(/biped: The download broke off after 4000 of \d+ bytes \(DOWNLOAD_INCOMPLETE\)/);
    expectPlainError(failed.stderr);
    expect(await listSaved()).toEqual([`${name}.part`, record]);
    service.control.reset();
    const { text, exitCode } = await inTerminal("exports download 1119 130348");
    expect([exitCode, text]).toEqual([0, expect.stringContaining(`${name}: went on after 4.0 kB.`)]);
    expect(await listSaved()).toEqual([name]);
    expect((await readSaved(name)).equals(service.control.readFile(130348).bytes)).toBe(true);
  });

  test("Ctrl-C in the middle: exit code 130, what is kept, and the same command goes on", async () => {
    service.control.failNext("file", { kind: "stall", afterBytes: 4_000 });
    const stopped = await inTerminal("exports download 1119 130348", { answers: [["part 1 of 1", "\u0003"]] });
    expect([stopped.exitCode, stopped.signal]).toEqual([130, undefined]);
    expect(stopped.text).toContain(
      `biped: Stopped.\n  ${name}.part keeps 4.0 kB; the same command goes on from there.\n`,
    );
    expectPlainError(stopped.text);
    expect(await listSaved()).toEqual([`${name}.part`, record]);
    expect((await throughPipe("exports download 1119 130348")).exitCode).toBe(0);
    expect((await readSaved(name)).equals(service.control.readFile(130348).bytes)).toBe(true);
  });

  test("SIGTERM in the middle: exit code 143; a part that is complete is not fetched again", async () => {
    service.control.failNext("file", { kind: "cut", afterBytes: 1_000_000 });
    service.control.failNext("file", { kind: "stall", afterBytes: 4_000 });
    const line = "exports download 1119 130346";
    const stopped = await inTerminal(line, { signalAfter: ["part 2 of 2", "SIGTERM"] });
    expect([stopped.exitCode, stopped.signal]).toEqual([143, undefined]);
    const [first, second] = [1, 2].map((part) => `job-1119-run-130346-part-${part}.jsonl.gz`);
    expect(await listSaved()).toEqual([first, `${second}.part`, "job-1119-run-130346.download.json"]);
    service.control.reset();
    expect((await throughPipe(line)).exitCode).toBe(0);
    expect(await listSaved()).toEqual([first, second]);
    expect(Object.entries(service.counts.byPath).filter(([path]) => path.includes("/files/"))).toEqual([
      ["GET /files/130346/part-2.jsonl.gz", 1],
    ]);
  });

  test("Ctrl-C while waiting: exit code 130", async () => {
    const runId = service.control.addRun(1120, { state: "RUNNING" });
    const line = `exports wait 1120 --run ${runId} --interval 1h`;
    const { text, exitCode } = await inTerminal(line, { answers: [["RUNNING", "\u0003"]] });
    expect(exitCode).toBe(130);
    expectPlainError(text);
  });

  test("a full disk: exit code 1, one line, no final file", async ({ skip }) => {
    const full = await mkdtemp(join(tmpdir(), "biped-full-"));
    const mounted = run("mount", ["-t", "tmpfs", "-o", "size=12k", "none", full]).then(
      () => true,
      () => false,
    );
    if (!(await mounted)) {
      await rm(full, { recursive: true });
      skip("only root can make a small disk; save-file.test.ts has the same promise with a fake");
    }
    try {
      const runId = service.control.addRun(1120, { contents: [noise(50_000)] });
      const failed = await throughPipe(`exports download 1120 ${runId} --output ${full}`);
      expect(failed).toMatchObject({ exitCode: 1, stdout: "" });
      expect(failed.stderr).toMatch(/^biped: The disk is full: \S+\.csv\.gz\.part keeps \d+\.\d kB\.\n {2}Make room; /);
      expectPlainError(failed.stderr);
      expect((await readdir(full)).filter((each) => each.endsWith(".gz"))).toEqual([]);
    } finally {
      await run("umount", [full]);
      await rm(full, { recursive: true });
    }
  });

  test("a folder that cannot be written to: exit code 1", async () => {
    await writeFile(join(place.directory, "taken"), "");
    const { text, exitCode } = await inTerminal("exports download 1119 130348 --output taken");
    expect(exitCode).toBe(1);
    expectPlainError(text);
    await mkdir(join(place.directory, `${name}.part`));
    const piped = await throughPipe("exports download 1119 130348");
    expect(piped).toMatchObject({ exitCode: 1, stdout: "" });
    expectPlainError(piped.stderr);
  });

  test("a file that is no whole gzip file: exit code 5, no file", async () => {
    service.control.failNext("file", {
      kind: "answer",
      status: 200,
      body: service.control.readFile(130348).bytes.subarray(0, 3_000),
    });
    const piped = await throughPipe("exports download 1119 130348 --gunzip");
    expect(piped).toMatchObject({ exitCode: 5, stdout: "" });
    expect(piped.stderr).toContain(`biped: ${name}.part is damaged: it is not the whole of a gzip file.`);
    expect(await listSaved()).toEqual([]);
  });

  test("two files with the same number: exit code 5, no file, and nothing is fetched", async () => {
    const files = [1, 1].map((partId) => ({ partId, url: `${service.strangerUrl}/../../part-${partId}` }));
    const body = JSON.stringify({ success: true, payload: { jobRunId: 130348, state: "SUCCESS", files } });
    service.control.failNext("api", { kind: "answer", status: 200, body });
    const piped = await throughPipe("exports download 1119 130348");
    expect(piped).toMatchObject({ exitCode: 5, stdout: "" });
    expect([await listSaved(), service.counts.strangerRequests]).toEqual([[], 0]);
  });

  test("HTML instead of JSON: exit code 5", async () => {
    service.control.failNext("api", faults.webPage(), 2);
    const { text, exitCode } = await inTerminal("exports list");
    expect([exitCode, text]).toEqual([5, expect.stringContaining("it is a web page (UNEXPECTED_ANSWER, 200)")]);
    expectPlainError(text);
    const piped = await throughPipe("exports runs 1119 --json");
    expect(piped).toMatchObject({ exitCode: 5, stdout: "" });
    expect(JSON.parse(piped.stderr)).toMatchObject({ error: { code: "UNEXPECTED_ANSWER", exitCode: 5 } });
  });

  test("an unreachable host: exit code 4", async () => {
    const [port] = await findFreePorts(1);
    const env = { ...place.env, BIPED_AUTH_URL: `http://127.0.0.1:${port}` };
    const { text, exitCode } = await inTerminal("exports list", { env });
    expect([exitCode, text]).toEqual([4, expect.stringContaining("(CONNECTION_FAILED)\n  Check the address")]);
    expectPlainError(text);
    expect(await throughPipe("exports show 1", { env })).toMatchObject({ exitCode: 4, stdout: "" });
  });

  test("a wrong secret where the service answers 500 to it: exit code 4, and that it may be the secret", async () => {
    const env = { ...place.env, BIPED_CLIENT_SECRET: "wrong-secret-of-a-user" };
    const { text, exitCode } = await inTerminal("exports list", { env });
    expect([exitCode, text]).toEqual([4, expect.stringContaining("wrong client id or secret")]);
    expect(text).not.toContain("wrong-secret-of-a-user");
  });

  test("without a credential: exit code 3, and how to log in", async () => {
    const { BIPED_CONFIG_DIR = "", HOME = "" } = place.env;
    const { text, exitCode } = await inTerminal("exports list", { env: { BIPED_CONFIG_DIR, HOME } });
    expect([exitCode, text]).toEqual([3, expect.stringContaining("biped login")]);
  });
});

describe("against the sandbox", () => {
  let made: SandboxEnvironment;
  let sandbox: RunningSandbox;
  let demo: Demo;
  let env: Record<string, string>;

  beforeAll(async () => {
    made = await createSandboxEnvironment();
    sandbox = await startSandbox(made.environment);
    demo = await readDemo(made);
  });
  afterAll(async () => {
    await stopSandbox(sandbox);
    await rm(made.directory, { recursive: true });
  });
  beforeEach(() => {
    const [credential] = demo.credentials;
    env = {
      ...place.env,
      BIPED_AUTH_URL: demo.issuer,
      BIPED_CLIENT_ID: credential?.client_id ?? "",
      BIPED_CLIENT_SECRET: credential?.client_secret ?? "",
    };
  });

  test("create, show and list, on either cloud", async () => {
    for (const project of [42, 43]) {
      const line = `exports create --name Nightly --frequency daily --fields session_id,country_code --project ${project}`;
      const created = await throughPipe(line, { env });
      expect(created).toMatchObject({ exitCode: 0, stderr: "" });
      const jobId = created.stdout.trim();
      const { text, exitCode } = await inTerminal(`exports show ${jobId} --project ${project}`, { env });
      expect([exitCode, text]).toEqual([0, expect.stringContaining("Fields     session_id, country_code\n")]);
      const listed = await throughPipe(`exports list --project ${project}`, { env });
      expect(listed.stdout).toMatch(new RegExp(`^${jobId}\tNightly\tJSONL\tsessions\tdaily\tACTIVE\t\\S+Z$`, "m"));
    }
  });

  /** Whole days in UTC, all of them over. */
  const startOfDay = (daysAgo: number): string =>
    new Date(Date.now() - daysAgo * 86_400_000).toISOString().replace(/T.*/, "T00:00:00Z");
  const period = { from: startOfDay(3), to: startOfDay(1) };

  /** Counted in the sandbox's own files, by DuckDB. */
  async function countRows(scope: "sessions" | "views"): Promise<number> {
    const moment = { sessions: "session_time", views: "view_time" }[scope];
    const files = `${made.directory}/believable-data/*/${scope}/project_id=42/day=*/*.parquet`;
    const connection = await (await DuckDBInstance.create(":memory:", { threads: "1" })).connect();
    const counted = await connection.runAndReadAll(
      `SELECT count(*)::INTEGER FROM read_parquet('${files}') WHERE ${moment} >= '${period.from}' AND ${moment} < '${period.to}'`,
    );
    connection.closeSync();
    return Number(counted.getRows()[0]?.[0]);
  }

  const readRows = {
    JSONL: (text: string) =>
      text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)),
    CSV: readCsv,
  };

  test.each([
    ["sessions", "JSONL"],
    ["sessions", "CSV"],
    ["views", "JSONL"],
    ["views", "CSV"],
  ] as const)(
    "from nothing to rows: %s as %s, as many as there are in the data",
    async (scope, format) => {
      const line = `exports create --name Rows --export-scope ${scope} --format ${format} --frequency once`;
      const fields = { sessions: "session_id,city", views: "session_id,url_no_query_param,errors.message" }[scope];
      const options = ["--from", period.from, "--to", period.to, "--fields", fields, "--wait", "--download", "rows"];
      const limits = { env, cwd: place.directory, limitMilliseconds: 110_000 };
      const done = await runThroughPipe([...line.split(" "), ...options, "--json"], limits);
      expect(done).toMatchObject({ exitCode: 0, stderr: "" });
      const { jobId, run: exported, files } = JSON.parse(done.stdout);
      const name = `job-${jobId}-run-${exported.jobRunId}-part-1.${format.toLowerCase()}.gz`;
      expect(files).toEqual([{ partId: 1, path: `rows/${name}`, bytes: exported.byteCount }]);
      const rows = readRows[format](gunzipSync(await readSaved("rows", name)).toString());
      expect(rows.length).toBeGreaterThan(100);
      expect([rows.length, Object.keys(rows[0])]).toEqual([await countRows(scope), fields.split(",")]);
      expect([exported.rowCount, exported.state, exported.dateRange]).toEqual([rows.length, "SUCCESS", period]);
    },
    120_000,
  );

  test("runs, wait and show tell of an hourly job what a newcomer asks", async () => {
    const created = await throughPipe(
      "exports create --name Hours --frequency hourly --format CSV --fields session_id --formula-guard",
      { env },
    );
    const jobId = created.stdout.trim();
    expect((await throughPipe(`exports show ${jobId}`, { env })).stdout).toContain("Formulas\tguarded");
    const { text } = await inTerminal(`exports runs ${jobId}`, { env });
    const minute = String.raw`\d{4}-\d\d-\d\d \d\d:00`;
    expect(text).toMatch(new RegExp(`\n\\d+ +CREATED  ${minute}  ${minute} to ${minute}  -     -     -\n$`));
    const waited = await throughPipe(`exports wait ${jobId} --timeout 50ms --interval 20ms`, { env });
    expect(waited).toMatchObject({ exitCode: 1, stdout: "" });
    expect(waited.stderr).toMatch(
      /\nRun \d+ begins at \S+:00:00Z at the earliest, in \d+ \w+\. That is after the --timeout/,
    );
  });

  test("a period of which there is no data: exit code 1, and the days that are missing", async () => {
    const line =
      "exports create --name Old --frequency once --from 2020-01-01 --to 2020-01-02 --fields session_id --wait";
    const failed = await throughPipe(line, { env });
    expect(failed).toMatchObject({ exitCode: 1, stdout: "" });
    expect(failed.stderr).toMatch(/\nbiped: Run \d+ has failed: No data has been brought in for 2020-01-01\.\n/);
  });

  test("the service's refusal names the member, the code and the request", async () => {
    const line = "exports create --name Nightly --frequency daily --fields no_such_field";
    const refused = await throughPipe(line, { env });
    expect(refused).toMatchObject({ exitCode: 3, stdout: "" });
    expect(refused.stderr).toMatch(
      /^The fields that there are: biped exports fields sessions\nbiped: The service refuses: fields\[0]\S* .*\(INVALID_REQUEST, 400, \S+\)\n/,
    );
  });

  test("a wrong secret: exit code 3, and nothing of it in the output", async () => {
    const { text, exitCode } = await inTerminal("exports list", {
      env: { ...env, BIPED_CLIENT_SECRET: "wrong-secret-of-a-user" },
    });
    expect([exitCode, text]).toEqual([
      3,
      expect.stringMatching(/\(INVALID_CLIENT, 401, \S+\)\n {2}Check the client id/),
    ]);
    expect(text).not.toContain("wrong-secret-of-a-user");
  });
});

/** By a library that is not ours. */
function readCsv(text: string): Record<string, string>[] {
  return parse(text, { columns: true });
}

/** Text that gzip cannot make much smaller, the same in every run. */
function noise(characters: number): string {
  let state = 42;
  return Array.from({ length: characters }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return String.fromCharCode(33 + ((state >>> 8) % 90));
  }).join("");
}
