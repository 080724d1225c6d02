/** `biped audit` against a management API of a few routes, whose log the tests change. */

import { generateKeyPairSync, sign } from "node:crypto";
import { readFile, stat, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { join } from "node:path";
import {
  type AuditEvent,
  chainStart,
  formatExportedEvent,
  formatHeadText,
  linkAuditEntry,
} from "@biped/management-client/audit-chain";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type CommandPlace, createCommandPlace, runThroughPipe } from "./pseudo-terminal.ts";

const accessToken = `biped_admin_${"A".repeat(49)}`;

function createEvents(count: number): AuditEvent[] {
  const events: AuditEvent[] = [];
  for (let place = 1; place <= count; place += 1) {
    const entry = {
      at: 1_800_000_000 + place,
      actor: "administrator:a1",
      action: "account.renamed",
      subject: "account:7",
      accountId: 7,
      requestId: `request-${place}`,
      source: "192.0.2.7",
      before: { name: `Old ${place}` },
      after: { name: "New\u2028\u001b[31m" },
    };
    events.push({ ...entry, ...linkAuditEntry(events.at(-1) ?? chainStart, entry) });
  }
  return events;
}

function createSigner() {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const shown = publicKey.export({ format: "der", type: "spki" }).toString("base64");
  return ({ sequence, hash }: { readonly sequence: number; readonly hash: string }) => {
    const head = { sequence, hash, at: "2027-01-15T09:00:00Z" };
    const signature = sign(null, Buffer.from(formatHeadText(head)), privateKey).toString("base64url");
    return { ...head, signature, publicKey: shown };
  };
}

let place: CommandPlace;
let server: Server;
let events: AuditEvent[];
let signHead: ReturnType<typeof createSigner>;
let requests: string[];
let isCut: boolean;

function answer(request: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
  requests.push(`${request.headers.authorization} ${request.url}`);
  const send = (body: object) => response.setHeader("content-type", "application/json").end(JSON.stringify(body));
  if (pathname === "/api/audit-log/head") return void send(signHead(events.at(-1) ?? chainStart));
  if (pathname === "/api/audit-events") {
    const { accountId, requestId, source, before, after, at, ...event } = events[0]!;
    const shown = { ...event, at: new Date(at * 1000).toISOString(), actorName: "ada@example.com" };
    return void send({ items: [{ ...shown, accountId, requestId, source, before, after }], nextCursor: null });
  }
  const text = events.map((event) => `${formatExportedEvent(event)}\n`).join("");
  if (searchParams.get("format") === "csv") return void response.end('"sequence"\r\n"1"\r\n');
  response.writeHead(200, { "content-type": "application/jsonl" });
  if (!isCut) return void response.end(text);
  response.write(text.slice(0, 100), () => response.destroy());
}

beforeEach(async () => {
  events = createEvents(12);
  signHead = createSigner();
  requests = [];
  isCut = false;
  server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  place = await createCommandPlace({
    BIPED_ADMIN_URL: `http://127.0.0.1:${port}`,
    BIPED_ADMIN_TOKEN: accessToken,
  });
});
afterEach(async () => {
  server.close();
  server.closeAllConnections();
  await place.remove();
});

const biped = (...args: string[]) => runThroughPipe(["audit", ...args], place);
const keep = (name: string, lines: readonly object[]) =>
  writeFile(join(place.directory, name), lines.map((line) => `${JSON.stringify(line)}\n`).join(""));

describe("biped audit list", () => {
  test("one event a line, with the filters as the service takes them", async () => {
    const { stdout, exitCode } = await biped(
      ...["list", "--account", "7", "--actor", "operator", "--action", "account", "--subject", "account:7"],
      ...["--from", "2027-01-01", "--to", "2027-02-01T12:00:00+02:00"],
    );
    expect([exitCode, stdout]).toEqual([
      0,
      "1\t2027-01-15T08:00:01.000Z\tada@example.com\taccount.renamed\taccount:7\t192.0.2.7\n",
    ]);
    expect(requests).toEqual([
      `Bearer ${accessToken} /api/audit-events?accountId=7&actor=operator&action=account&subject=account%3A7` +
        "&from=2027-01-01T00%3A00%3A00.000Z&to=2027-02-01T10%3A00%3A00.000Z&limit=50",
    ]);
  });

  test("2: a time without its zone", async () => {
    const { stderr, exitCode } = await biped("list", "--from", "2027-01-01T10:00");
    expect(exitCode).toBe(2);
    expect(stderr).toContain("It must be an ISO 8601 date, or a time with its zone.");
  });
});

describe("biped audit export", () => {
  test("to stdout, as it came", async () => {
    const { stdout, exitCode } = await biped("export", "--format", "jsonl");
    expect([exitCode, stdout]).toEqual([0, events.map((event) => `${formatExportedEvent(event)}\n`).join("")]);
    expect((await biped("export", "--format", "csv", "--account", "7")).stdout).toBe('"sequence"\r\n"1"\r\n');
    expect(requests.at(-1)).toBe(`Bearer ${accessToken} /api/audit-events/export?accountId=7&format=csv`);
  });

  test("to a file that its owner alone may read, in place of what was there", async () => {
    const file = join(place.directory, "events.csv");
    await writeFile(file, "old");
    const { stdout, stderr, exitCode } = await biped("export", "--format", "csv", "-o", "events.csv");
    expect([exitCode, stdout, stderr]).toEqual([0, "", "Wrote events.csv, 17 bytes.\n"]);
    expect(await readFile(file, "utf8")).toBe('"sequence"\r\n"1"\r\n');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  test("4: one that broke off leaves what was there, and no half of a file", async () => {
    isCut = true;
    const file = join(place.directory, "events.jsonl");
    await writeFile(file, "old");
    const { stderr, exitCode } = await biped("export", "--format", "jsonl", "--output", "events.jsonl");
    expect([exitCode, stderr]).toEqual([4, "biped: The export broke off.\n  Run the same command again.\n"]);
    expect(await readFile(file, "utf8")).toBe("old");
    await expect(stat(`${file}.part`)).rejects.toMatchObject({ code: "ENOENT" });
  });
});

describe("biped audit verify", () => {
  const whole = (compared = "") =>
    `The audit log is whole: 12 events, none changed, missing or added${compared}.\n` +
    `Last event   12 ${events.at(-1)?.hash}\n`;

  test("0: the service's log, against its signed head and heads that were kept", async () => {
    const { publicKey } = signHead(events[0]!);
    const { stdout, stderr, exitCode } = await biped("verify");
    expect([exitCode, stderr, stdout]).toEqual([0, "", `${whole()}Signed with  ${publicKey}\n`]);
    const kept = await biped("head");
    expect(kept.stdout).toBe(`${JSON.stringify(signHead(events.at(-1)!))}\n`);
    await keep("heads.jsonl", [signHead(events[4]!), JSON.parse(kept.stdout)]);
    const compared = await biped("verify", "--heads", "heads.jsonl");
    expect([compared.exitCode, compared.stdout]).toEqual([
      0,
      `${whole(", as 2 kept heads say")}Signed with  ${publicKey}\n`,
    ]);
  });

  test("0: an exported file, without the service; that the end could be missing is said", async () => {
    await biped("export", "--format", "jsonl", "-o", "events.jsonl");
    requests.length = 0;
    const { stdout, stderr, exitCode } = await biped("verify", "events.jsonl");
    expect([exitCode, stdout]).toEqual([0, whole()]);
    expect(stderr).toBe("Whether the end is missing, only --heads can tell.\n");
    await keep("heads.jsonl", [signHead(events[4]!)]);
    expect((await biped("verify", "events.jsonl", "--heads", "heads.jsonl")).stderr).toBe("");
    expect(requests).toEqual([]);
  });

  test("1: the first fault is told", async () => {
    events[6] = { ...events[6]!, source: "192.0.2.8" };
    const { stdout, exitCode } = await biped("verify");
    expect([exitCode, stdout.split("\n")[0]]).toEqual([1, "The audit log is not whole: event 7 is altered."]);
    const { fault } = JSON.parse((await biped("verify", "--json")).stdout);
    expect(fault).toEqual({ sequence: 7, reason: "altered" });
  });

  test("1: what was cut off, or written anew, is found by a kept head alone", async () => {
    await keep("heads.jsonl", [signHead(events[11]!)]);
    events.length = 11;
    expect((await biped("verify")).exitCode).toBe(0);
    const cut = await biped("verify", "--heads", "heads.jsonl");
    expect([cut.exitCode, cut.stdout.split("\n")[0]]).toEqual([
      1,
      "The audit log is not whole: event 12 is before a signed head, and the log ends there.",
    ]);
    events = createEvents(20).map((event) => ({ ...event, hash: "" }));
    let last = chainStart;
    events = events.map((event) => {
      const forged = { ...event, actor: "system" };
      last = linkAuditEntry(last, forged);
      return { ...forged, ...last };
    });
    const forged = await biped("verify", "--heads", "heads.jsonl");
    expect([forged.exitCode, forged.stdout.split("\n")[0]]).toEqual([
      1,
      "The audit log is not whole: event 12 is not the event of a signed head.",
    ]);
  });

  test("1: a part of the log is not verified, and why is said", async () => {
    events = events.slice(3);
    const { stderr, exitCode } = await biped("verify");
    expect([exitCode, stderr]).toEqual([
      1,
      "An export with a filter, or by somebody who does not see every account, cannot be verified.\n",
    ]);
  });

  test.each([
    ["another key", () => createSigner()(events[4]!), "The heads were signed by another key than the service's"],
    [
      "a wrong signature",
      () => ({ ...signHead(events[4]!), sequence: 4 }),
      "heads.jsonl, line 1 has a wrong signature",
    ],
    ["no head", () => ({ sequence: 4 }), "heads.jsonl, line 1 is no signed head"],
  ])("1: kept heads with %s", async (_, head, message) => {
    await keep("heads.jsonl", [head()]);
    const { stderr, exitCode } = await biped("verify", "--heads", "heads.jsonl");
    expect([exitCode, stderr.split("\n")[0]]).toEqual([1, `biped: ${message}.`]);
  });

  test("1: a service whose head has a wrong signature", async () => {
    const { signature } = signHead(events[3]!);
    const sign = signHead;
    signHead = (link) => ({ ...sign(link), signature });
    const { stderr, exitCode } = await biped("verify");
    expect([exitCode, stderr]).toEqual([1, "biped: The signature of the service's head is wrong.\n"]);
  });

  test("1: a file that is no export, and one that is not there", async () => {
    await writeFile(join(place.directory, "events.csv"), '"sequence"\r\n');
    const { stderr, exitCode } = await biped("verify", "events.csv");
    expect([exitCode, stderr]).toEqual([
      1,
      "biped: events.csv, line 1 is no audit event as it was exported.\n  Only a JSONL export can be verified.\n",
    ]);
    const gone = await biped("verify", "gone.jsonl");
    expect([gone.exitCode, gone.stderr]).toEqual([1, "biped: gone.jsonl: there is no such file or folder (ENOENT).\n"]);
  });
});
