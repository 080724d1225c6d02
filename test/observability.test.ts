/** What a server tells of itself: metrics and their dashboard, readiness, traces, and the audit mode `strict`. */

import { AsyncLocalStorage } from "node:async_hooks";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Context, context, propagation, ROOT_CONTEXT, type SpanOptions, trace } from "@opentelemetry/api";
import Database from "better-sqlite3";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createPostgresDatabase } from "./postgres-database.ts";
import { createFacts, type Facts, post, type StartedServer, startServer, tokenRequest } from "./started-server.ts";
import { createWay } from "./way-to-server.ts";

const root = join(import.meta.dirname, "..");
const readMetrics = async ({ adminUrl }: StartedServer): Promise<string> => (await fetch(`${adminUrl}/metrics`)).text();
const issue = ({ url }: StartedServer, held: Facts["project"], headers: Record<string, string> = {}) =>
  post(`${url}/v1/oauth/token`, tokenRequest(held), headers);

describe("metrics", () => {
  let started: StartedServer;
  let facts: Facts;
  beforeAll(async () => {
    started = await startServer("sqlite");
    facts = await createFacts(started);
  });
  afterAll(() => started.stop());

  test("count tokens by outcome, refusals by reason, looks for credentials and statements", async () => {
    expect((await issue(started, facts.project)).status).toBe(200);
    expect((await issue(started, facts.project)).status).toBe(200);
    expect((await issue(started, { ...facts.project, clientSecret: "wrong" })).status).toBe(401);
    const lines = (await readMetrics(started)).split("\n");
    expect(lines).toEqual(
      expect.arrayContaining([
        'biped_token_requests_total{outcome="issued"} 2',
        'biped_token_requests_total{outcome="INVALID_CLIENT"} 1',
        'biped_refusals_total{reason="wrong secret"} 1',
        'biped_store_statements_total{outcome="failed"} 0',
        'biped_signing_keys{state="active"} 1',
        'biped_signing_keys{state="next"} 0',
        "biped_signature_queue_length 0",
        "biped_store_clock_offset_seconds 0",
        "biped_usage_lost_total 0",
        'biped_build_info{version="0.1.0"} 1',
      ]),
    );
    // How many of the three were remembered depends on when the node heard of its own changes.
    const looks = lines.flatMap((line) => /^biped_credential_cache_lookups_total\{.*\} (\d+)$/.exec(line)?.[1] ?? []);
    expect(looks.map(Number).reduce((sum, count) => sum + count)).toBe(3);
    expect(lines.find((line) => /^biped_store_statements_total\{outcome="done"\} [1-9]/.test(line))).toBeDefined();
  });

  test("have no label of a caller's choice, and a description each", async () => {
    await post(`${started.url}/v1/oauth/token`, {
      ...tokenRequest(facts.project),
      scope: "canary",
      client_id: "canary",
    });
    await fetch(`${started.url}/canary?canary`, { headers: { "user-agent": "canary" } });
    const text = await readMetrics(started);
    expect(text).not.toContain("canary");
    expect(text).not.toContain(facts.project.clientId);
    const named = [...text.matchAll(/^# TYPE (biped_\w+) \w+$/gm)].map(([, name]) => name);
    expect(named.length).toBeGreaterThanOrEqual(20);
    for (const name of named) expect(text).toMatch(new RegExp(`^# HELP ${name} [A-Z1].{15,}$`, "m"));
  });

  test("are all that the dashboard names, and each of ours is on it", async () => {
    const dashboard = JSON.parse(await readFile(join(root, "deploy/grafana/biped.json"), "utf8"));
    expect(dashboard).toMatchObject({ title: "Biped", schemaVersion: 39 });
    const queries: string[] = dashboard.panels.flatMap((panel: { targets: { expr: string }[] }) =>
      panel.targets.map(({ expr }) => expr),
    );
    const asked = new Set(queries.flatMap((query) => query.match(/\b(?:biped|nodejs|process)_\w+/g) ?? []));
    const text = await readMetrics(started);
    const told = new Set([...text.matchAll(/^# TYPE (\w+) \w+$/gm)].map(([, name]) => name ?? ""));
    const names = [...asked].map((name) => name.replace(/_bucket$/, ""));
    expect(names.filter((name) => !told.has(name))).toEqual([]);
    expect([...told].filter((name) => name.startsWith("biped_") && !names.includes(name))).toEqual([]);
    const titles: string[] = dashboard.panels.map(({ title }: { title: string }) => title);
    expect(new Set(titles).size).toBe(titles.length);
  });
});

describe("/readyz", () => {
  test("names its checks, and says 503 with all of them while the store is away", async () => {
    const way = await createWay(await createPostgresDatabase());
    const started = await startServer("postgres", { BIPED_DATABASE_URL: way.url });
    const ask = async () => {
      const answer = await fetch(`${started.url}/readyz`);
      return { status: answer.status, body: await answer.json() };
    };
    const lag = expect.any(Number);
    expect(await ask()).toEqual({
      status: 200,
      body: {
        status: "ready",
        checks: {
          store: { ok: true },
          signingKey: { ok: true, ageSeconds: 0 },
          changes: { ok: true, lagSeconds: lag },
          clock: { ok: true, offsetSeconds: 0 },
        },
      },
    });
    way.cut();
    started.monotonic.seconds += 11;
    const { status, body } = await ask();
    expect([status, body.status, body.errorCode]).toEqual([503, "not ready", "TEMPORARILY_UNAVAILABLE"]);
    expect([body.checks.store, body.checks.changes.ok]).toEqual([{ ok: false }, false]);
    expect(await readMetrics(started)).toMatch(/^biped_store_statements_total\{outcome="failed"\} [1-9]/m);
    await way.mend();
    await expect.poll(async () => (await ask()).status, { timeout: 10_000 }).toBe(200);
    await started.stop();
  });
});

describe("R-56: the audit mode", () => {
  const readEvents = ({ directory }: StartedServer) => {
    const database = new Database(join(directory, "authorization-server.db"), { readonly: true });
    const rows = database.prepare("select * from issue_event order by at, token_id").all();
    database.close();
    return rows as Record<string, unknown>[];
  };

  test("strict: each token has its record before it leaves, those of many requests at once too", async () => {
    const started = await startServer("sqlite", { BIPED_AUDIT_MODE: "strict" });
    const facts = await createFacts(started);
    const answers = await Promise.all(Array.from({ length: 50 }, () => issue(started, facts.project)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const events = readEvents(started);
    const tokenIds = answers.map(({ body }) => decodeJwt(body.access_token).jti);
    expect(events.map(({ token_id }) => token_id).toSorted()).toEqual(tokenIds.toSorted());
    const [event] = events;
    const { clientId } = facts.project;
    const known = { client_id: clientId, account_id: facts.first.id, project_id: 42, scope: "data-export" };
    expect(event).toMatchObject({ ...known, at: 1_800_000_000, source: "127.0.0.1" });
    await issue(started, { ...facts.project, clientSecret: "wrong" });
    expect(readEvents(started)).toHaveLength(50);
    await started.stop();
  });

  test("strict: 503 and no token while the store is away, for a warm credential too", async () => {
    const way = await createWay(await createPostgresDatabase());
    const started = await startServer("postgres", { BIPED_DATABASE_URL: way.url, BIPED_AUDIT_MODE: "strict" });
    const { project } = await createFacts(started);
    expect((await issue(started, project)).status).toBe(200);
    way.cut();
    const { status, body } = await issue(started, project);
    expect([status, body.errorCode, body.access_token]).toEqual([503, "TEMPORARILY_UNAVAILABLE", undefined]);
    await way.mend();
    await expect.poll(async () => (await issue(started, project)).status, { timeout: 10_000 }).toBe(200);
    await started.stop();
  });

  test("normal: no records, and a line in the log", async () => {
    const started = await startServer("sqlite");
    const { project } = await createFacts(started);
    await issue(started, project);
    expect(readEvents(started)).toEqual([]);
    expect(started.logLines.some((line) => line.includes(project.clientId) && line.includes('"status":200'))).toBe(
      true,
    );
    await started.stop();
  });
});

type Told = {
  readonly name: string;
  readonly id: string;
  readonly parent: string | undefined;
  readonly trace: string;
  readonly attributes: Record<string, unknown>;
};

/** As small as an SDK can be: it keeps the spans that have ended, and reads traceparent. */
function installTracer(): Told[] {
  const told: Told[] = [];
  let made = 0;
  const contexts = new AsyncLocalStorage<Context>();
  context.setGlobalContextManager({
    active: () => contexts.getStore() ?? ROOT_CONTEXT,
    with: (active, work, self, ...args) => contexts.run(active, () => work.call(self, ...args)),
    bind: (_, target) => target,
    enable: () => context as never,
    disable: () => context as never,
  });
  propagation.setGlobalPropagator({
    inject: () => {},
    fields: () => [],
    extract: (into, carrier) => {
      const { traceparent } = carrier as { traceparent?: string };
      const [, traceId, spanId] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-01$/.exec(traceparent ?? "") ?? [];
      if (traceId === undefined || spanId === undefined) return into;
      return trace.setSpanContext(into, { traceId, spanId, traceFlags: 1, isRemote: true });
    },
  });
  const startSpan = (name: string, options: SpanOptions = {}, into = context.active()) => {
    made += 1;
    const parent = trace.getSpanContext(into);
    const id = String(made).padStart(16, "0");
    const attributes: Record<string, unknown> = { ...options.attributes };
    const spanContext = { traceId: parent?.traceId ?? String(made).padStart(32, "f"), spanId: id, traceFlags: 1 };
    const span = {
      spanContext: () => spanContext,
      setAttribute: (key: string, value: unknown) => {
        attributes[key] = value;
        return span;
      },
      setStatus: () => span,
      end: () => told.push({ name, id, parent: parent?.spanId, trace: spanContext.traceId, attributes }),
    };
    return span as never;
  };
  trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan, startActiveSpan: () => undefined as never }) });
  return told;
}

describe("traces", () => {
  const told = installTracer();
  const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
  const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01` };
  const traceOne = async (settings: Record<string, string>) => {
    const started = await startServer("sqlite", settings);
    const { project } = await createFacts(started);
    told.length = 0;
    expect((await issue(started, project, headers)).status).toBe(200);
    const spans = [...told];
    await started.stop();
    return { spans, project };
  };

  test("on: a token request is a span, with what it consists of below it, and no parameter of a statement", async () => {
    const { spans, project } = await traceOne({ BIPED_TRACING: "on", BIPED_TRUSTED_PROXIES: "127.0.0.0/8" });
    const token = spans.find(({ name }) => name === "token");
    expect(token).toMatchObject({ trace: traceId, parent: "00f067aa0ba902b7" });
    expect(token?.attributes).toEqual({ "http.response.status_code": 200 });
    const own = spans.filter(({ trace: of }) => of === traceId);
    const nameOf = (id: string | undefined) => own.find((span) => span.id === id)?.name;
    const pairs = own.map(({ name, parent }) => `${nameOf(parent) ?? "caller"} > ${name}`);
    expect(new Set(pairs)).toEqual(
      new Set([
        "caller > token",
        "token > authenticate",
        "authenticate > decide",
        "authenticate > store",
        "token > sign",
      ]),
    );
    const statement = own.find(({ name }) => name === "store" && nameOf(undefined) === undefined);
    expect(statement?.attributes["db.query.text"]).toMatch(/^(?:connect|begin|commit|select|insert|update)/);
    expect(JSON.stringify(spans)).not.toContain(project.clientId);
  });

  test("on: whoever is no trusted proxy does not choose the trace", async () => {
    const { spans } = await traceOne({ BIPED_TRACING: "on" });
    const token = spans.find(({ name }) => name === "token");
    expect([token?.parent, token?.trace === traceId]).toEqual([undefined, false]);
  });

  test("off: no span at all", async () => {
    const { spans } = await traceOne({});
    expect(spans).toEqual([]);
  });
});
