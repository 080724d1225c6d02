/** The audit log, usage and refusals over HTTP, as administrators and `biped audit` read them. */

import { copyFile, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import {
  type AuditEvent,
  isHeadSigned,
  parseExportedEvent,
  parseSignedHead,
  verifyAuditChain,
} from "@biped/management-client/audit-chain";
import { operations } from "@biped/management-client/contract";
import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Principal, type StartedManagement, startManagement } from "./management-server.ts";
import { createCommandPlace, runThroughPipe } from "./pseudo-terminal.ts";
import { createFacts, type Facts, post, tokenRequest } from "./started-server.ts";

describe.each(["sqlite", "postgres"] as const)("%s", (engine) => {
  let management: StartedManagement;
  let facts: Facts;
  let owner: Principal;
  let viewer: Principal;

  beforeAll(async () => {
    management = await startManagement(engine);
    facts = await createFacts(management);
    const ownerId = await management.addAdministrator({ email: "ada@example.com", isPlatformOwner: true });
    owner = await management.makeAccessToken("platform owner", { administratorId: ownerId, scopes: ["read"] });
    const memberships = { [facts.first.id]: "viewer" } as const;
    const viewerId = await management.addAdministrator({ email: "vic@example.com", memberships });
    viewer = await management.signIn("viewer", viewerId);
    for (let index = 0; index < 600; index += 1) {
      const author = { at: management.clock.seconds + index, actor: `administrator:${ownerId}`, requestId: undefined };
      await management.server.storage.changeAccount(facts.first.id, { name: `=Renamed ${index}` }, author);
    }
  });
  afterAll(() => management.stop());

  const readLines = (text: string): readonly AuditEvent[] =>
    text
      .trimEnd()
      .split("\n")
      .map((line) => parseExportedEvent(line)!);

  test("R-55: a platform owner's JSONL export is the whole chain up to the signed head", async () => {
    const { body: head } = await management.call(owner, "GET /api/audit-log/head");
    expect(operations["GET /api/audit-log/head"].answer.parse(head)).toEqual(head);
    expect(isHeadSigned(head)).toBe(true);
    const answer = await management.call(owner, "GET /api/audit-events/export", { query: "format=jsonl" });
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "application/jsonl"]);
    expect(answer.headers.get("content-disposition")).toBe('attachment; filename="audit-events-2027-01-15.jsonl"');
    expect(answer.headers.get("cache-control")).toBe("no-store");
    const events = readLines(answer.text);
    expect(events.length).toBeGreaterThan(600);
    expect(verifyAuditChain(events, { head })).toBeUndefined();
    const { body: verdict } = await management.call(owner, "GET /api/audit-log/verification");
    expect(verdict).toEqual({ intact: true, events: events.length, heads: 1, fault: null });
  });

  test("pages, newest first, hold what the export holds, and end", async () => {
    const sequences: number[] = [];
    let cursor: string | null = "";
    for (; cursor !== null; ) {
      const query = `limit=100&action=account.changed${cursor === "" ? "" : `&cursor=${cursor}`}`;
      const { body } = await management.call(owner, "GET /api/audit-events", { query });
      const page = operations["GET /api/audit-events"].answer.parse(body);
      sequences.push(...page.items.map(({ sequence }) => sequence));
      expect(page.items.every(({ actorName }) => actorName === "ada@example.com")).toBe(true);
      cursor = page.nextCursor;
    }
    const query = "format=jsonl&action=account.changed";
    const { text } = await management.call(owner, "GET /api/audit-events/export", { query });
    expect(sequences).toHaveLength(600);
    expect(readLines(text).map(({ sequence }) => sequence)).toEqual(sequences.toReversed());
  });

  test("R-37: others see the events of their accounts alone, and neither head nor verification", async () => {
    const { text } = await management.call(viewer, "GET /api/audit-events/export", { query: "format=jsonl" });
    const seen = readLines(text);
    expect(new Set(seen.map(({ accountId }) => accountId))).toEqual(new Set([facts.first.id]));
    expect(seen.length).toBeGreaterThan(600);
    const foreign = await management.call(viewer, "GET /api/audit-events", { query: `accountId=${facts.second.id}` });
    expect(foreign.body).toEqual({ items: [], nextCursor: null });
    expect((await management.call(viewer, "GET /api/audit-log/head")).status).toBe(403);
    expect((await management.call(viewer, "GET /api/audit-log/verification")).status).toBe(403);
    expect((await management.call(viewer, "GET /api/overview", { query: `accountId=${facts.second.id}` })).status).toBe(
      404,
    );
  });

  test("R-46: CSV for people, without formulas", async () => {
    const query = "format=csv&action=account.changed&from=2027-01-15T08:00:01Z&to=2027-01-15T08:00:03Z";
    const { text, headers } = await management.call(owner, "GET /api/audit-events/export", { query });
    expect(headers.get("content-type")).toBe("text/csv; charset=utf-8");
    const rows: Record<string, string>[] = parse(text, { columns: true });
    expect(rows.map(({ at, actorName, after }) => [at, actorName, JSON.parse(after!).name])).toEqual([
      ["2027-01-15T08:00:01Z", "ada@example.com", "=Renamed 1"],
      ["2027-01-15T08:00:02Z", "ada@example.com", "=Renamed 2"],
    ]);
    for (const cell of rows.flatMap((row) => Object.values(row))) expect(cell).not.toMatch(/^[=+\-@\t\r\0]/);
  });

  test("the server keeps its signed heads in a file of its own, logged, and biped audit verify takes them", async () => {
    const path = join(management.directory, "audit-heads.jsonl");
    const lines = (await readFile(path, "utf8")).trimEnd().split("\n");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const head = parseSignedHead(lines[0]!)!;
    expect([lines.length, isHeadSigned(head)]).toEqual([1, true]);
    const logged = management.logLines.map((line) => JSON.parse(line)).find(({ msg }) => msg === "audit head");
    expect(logged).toMatchObject({ sequence: head.sequence, hash: head.hash, signature: head.signature });
    const place = await createCommandPlace({
      BIPED_ADMIN_URL: management.adminUrl,
      BIPED_ADMIN_TOKEN: owner.headers.authorization!.slice("Bearer ".length),
    });
    await copyFile(path, join(place.directory, "audit-heads.jsonl"));
    const document = await readFile(join(import.meta.dirname, "..", "docs", "operating.md"), "utf8");
    const sample = /^```sh run=audit\n([^`]+)```/m.exec(document)?.[1] ?? "";
    const told: string[] = [];
    for (const command of sample.trim().split("\n")) {
      const { exitCode, stdout, stderr } = await runThroughPipe(command.split(" ").slice(1), place);
      expect([command, exitCode, stderr.replace(/\d+ bytes/, "N bytes")]).toEqual([
        command,
        0,
        command.includes("export") ? "Wrote events.jsonl, N bytes.\n" : "",
      ]);
      told.push(stdout.split("\n")[0] ?? "");
    }
    await place.remove();
    const whole = /^The audit log is whole: \d+ events, none changed, missing or added, as 1 kept head says\.$/;
    expect(told).toEqual([expect.stringMatching(whole), "", expect.stringMatching(whole)]);
  });

  test("refusals are counted by reason, and told to the credential's account in plain words", async () => {
    const { clientId } = facts.project;
    const ask = (body: object) => post(`${management.url}/v1/oauth/token`, body);
    const wrong = { ...facts.project, clientSecret: "wrong" };
    for (let count = 0; count < 3; count += 1) expect((await ask(tokenRequest(wrong))).status).toBe(401);
    expect((await ask(tokenRequest(facts.project, { scope: "symbolicator" }))).status).toBe(400);
    expect((await ask(tokenRequest({ clientId: "nobody", clientSecret: "x" }))).status).toBe(401);
    expect((await ask(tokenRequest(facts.project))).status).toBe(200);
    const name = "GET /api/credentials/:clientId/refusals";
    const read = async () => (await management.call(viewer, name, { params: { clientId } })).body.items;
    await expect.poll(async () => (await read()).length, { timeout: 10_000 }).toBe(2);
    await expect
      .poll(async () => (await management.call(owner, "GET /api/overview")).body.refusals.length, { timeout: 10_000 })
      .toBe(3);

    const items = operations[name].answer.parse({ items: await read() }).items;
    expect(items.map(({ reason, count, source }) => [reason, count, source]).toSorted()).toEqual([
      ["scope names a scope that this credential does not own.", 1, "127.0.0.1"],
      ["wrong secret", 3, "127.0.0.1"],
    ]);
    expect(items.map(({ explanation }) => explanation).toSorted()).toEqual([
      "The client_id is right, the secret is not. Deploy the secret that was shown last, or rotate and deploy the new one.",
      "The request asks for more than the credential owns. Add the scope to the credential, or ask without it.",
    ]);
    const reasons = async (by: Principal) =>
      operations["GET /api/overview"].answer
        .parse((await management.call(by, "GET /api/overview")).body)
        .refusals.map(({ reason, count }) => [reason, count]);
    const own = [
      ["wrong secret", 3],
      ["scope names a scope that this credential does not own.", 1],
    ];
    expect(await reasons(viewer)).toEqual(own);
    expect(await reasons(owner)).toEqual([...own, ["unknown credential", 1]]);
  });

  test("usage: the tokens and refusals of a credential by day, and of all by hour", async () => {
    const { clientId } = facts.project;
    const name = "GET /api/credentials/:clientId/usage";
    const read = async () => (await management.call(viewer, name, { params: { clientId }, query: "days=2" })).body;
    await expect.poll(async () => (await read()).items[1].tokens, { timeout: 10_000 }).toBe(1);
    expect(operations[name].answer.parse(await read())).toEqual({
      items: [
        { at: "2027-01-14T00:00:00Z", tokens: 0, refusals: 0 },
        { at: "2027-01-15T00:00:00Z", tokens: 1, refusals: 4 },
      ],
      gaps: [],
    });
    const { body } = await management.call(viewer, "GET /api/overview");
    expect(body.usage).toHaveLength(168);
    expect(body.usage.at(-1)).toEqual({ at: "2027-01-15T08:00:00Z", tokens: 1, refusals: 4 });
    expect(body.counts).toEqual({ accounts: 1, projects: 2, credentials: 2 });
    expect(body.changes).toHaveLength(10);
  });
});
