import type { SecretInformation } from "@biped/client";
import { expect, test } from "vitest";
import { describeCredential, examineSecret, examineService } from "./examine.ts";

const now = Date.parse("2026-11-24T12:00:00Z");
const day = 86_400_000;

function examine(answer: () => Promise<Response>) {
  const parts = { fetch: answer, signal: new AbortController().signal, nowMilliseconds: () => now };
  return examineService("https://auth.example.com", parts);
}

const answerAt = (milliseconds: number, status = 200) =>
  examine(async () => new Response("{}", { status, headers: { date: new Date(milliseconds).toUTCString() } }));

test.each([
  [0, "passed", "agrees with the service's"],
  [-29_000, "passed", "29 s apart"],
  [30_000, "warning", "this machine's is 30 seconds behind the service's"],
  [-299_000, "warning", "this machine's is 4 minutes ahead of the service's"],
  [-300_000, "failed", "this machine's is 5 minutes ahead of the service's"],
  [7_200_000, "failed", "this machine's is 2 hours behind the service's"],
])("the service's clock %d ms away: %s", async (difference, verdict, message) => {
  const [service, clock] = await answerAt(now + difference);
  expect(service?.message).toBe("https://auth.example.com answers in 0 ms");
  expect([clock?.verdict, clock?.message]).toEqual([verdict, message]);
});

test("a 404 is an answer, and one without a date says nothing about clocks", async () => {
  expect((await answerAt(now, 404))[0]?.verdict).toBe("passed");
  expect((await examine(async () => new Response("", { status: 404 }))).map(({ name }) => name)).toEqual(["service"]);
});

test.each([
  [
    { checks: { clock: { ok: true, offsetSeconds: 31 } } },
    "the clock of the node that answered is 31 seconds behind its store's",
  ],
  [
    { checks: { clock: { ok: true, offsetSeconds: -180 } } },
    "the clock of the node that answered is 3 minutes ahead of its store's",
  ],
  [{ checks: { clock: { ok: true, offsetSeconds: 2 } } }, undefined],
  [{ status: "ready" }, undefined],
  ["no JSON", undefined],
])("F-15: a node of ours that says %j of itself: %s", async (readiness, message) => {
  const body = typeof readiness === "string" ? readiness : JSON.stringify(readiness);
  const parts = {
    fetch: async (url: string | URL | Request) => new Response(String(url).endsWith("/readyz") ? body : "{}"),
    signal: new AbortController().signal,
    nowMilliseconds: () => now,
  };
  const findings = await examineService("https://auth.example.com", parts);
  const found = findings.filter(({ name }) => name === "node clock");
  expect(found.map((finding) => [finding.verdict, finding.message])).toEqual(message ? [["warning", message]] : []);
});

test("a service that cannot be reached fails with 4 and the reason of the connection", async () => {
  const failure = new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED 127.0.0.1:1") });
  const findings = await examine(() => Promise.reject(failure));
  expect(findings).toEqual([
    {
      name: "service",
      verdict: "failed",
      message: "https://auth.example.com cannot be reached: connect ECONNREFUSED 127.0.0.1:1",
      next: expect.stringContaining("--auth-url"),
      exitCode: 4,
    },
  ]);
});

const secret = (expires_at: string | null): SecretInformation => ({
  id: "1",
  created_at: "2026-11-01T00:00:00Z",
  expires_at,
  last_used_at: null,
  current: true,
});
const at = (milliseconds: number): string => new Date(milliseconds).toISOString();

test.each([
  [null, "passed", "never expires"],
  [at(now + 30 * day), "passed", "expires in 30 days"],
  [at(now + 30 * day - 1000), "warning", "expires in 29 days"],
  [at(now), "failed", "expired now"],
  [at(now - 2 * day), "failed", "expired 2 days ago"],
])("a secret that ends %s: %s", (end, verdict, message) => {
  const [finding] = examineSecret([{ ...secret(at(now - day)), current: false }, secret(end)], now);
  expect([finding?.verdict, finding?.message]).toEqual([verdict, message]);
});

test("a service that says nothing about secrets is believed", () => {
  expect(examineSecret([], now)).toEqual([]);
});

test("a credential of a service with the two documented members is described; one without projects is a warning", () => {
  const facts = { name: undefined, level: undefined, secrets: [] };
  const projects = [{ id: 42, name: "SHOP", endpoint: "" }];
  expect(describeCredential({ ...facts, scopes: "metrics", projects })).toEqual({
    name: "credential",
    verdict: "passed",
    message: "accepted; 1 project; scopes metrics",
  });
  expect(describeCredential({ ...facts, name: "A", level: "account", scopes: "", projects: [] })).toMatchObject({
    verdict: "warning",
    message: "accepted (A, account level); 0 projects; scopes none",
  });
});
