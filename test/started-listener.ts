/** A listener on a free port, whose log lines are kept, and what each of its error answers must look like. */

import { createListener, createLog, type Endpoint, type Listener, readParameters } from "@biped/listener";
import { isRefusal } from "@biped/protocol";
import { expect } from "vitest";
import type { RawAnswer } from "./raw-connection.ts";

export type StartedListener = {
  readonly url: string;
  readonly listener: Listener;
  readonly logLines: string[];
  readonly stop: () => Promise<void>;
};

type ListenerOptions = Parameters<typeof createListener>[0];

export function createTestListener(options: Partial<ListenerOptions> = {}): Omit<StartedListener, "url"> {
  const logLines: string[] = [];
  const listener = createListener({
    name: "test",
    routes: {},
    log: createLog("info", (line) => logLines.push(line)),
    bodyLimitBytes: 8192,
    trustedProxies: [],
    isUnavailable: () => false,
    readyChecks: {},
    ...options,
  });
  return { listener, logLines, stop: () => listener.drain({ graceMilliseconds: 1_000 }) };
}

export async function startListener(options: Partial<ListenerOptions> = {}): Promise<StartedListener> {
  const created = createTestListener(options);
  const url = await created.listener.listen({ host: "127.0.0.1", port: 0, setting: "BIPED_TEST_PORT" });
  return { url, ...created };
}

/** Answers with how many parameters it read. */
export const countParameters: Endpoint = (request) => {
  const parameters = readParameters(request);
  return isRefusal(parameters) ? parameters : { status: 200, body: { parameters: parameters.size } };
};

/** The flat body of wire.md §4 with exactly its members, and the headers of every error. */
export function expectFlatError(
  answer: RawAnswer,
  [status, error, errorCode]: readonly [number, string, string],
): void {
  const body = JSON.parse(answer.text);
  expect([answer.status, body.error, body.errorCode]).toEqual([status, error, errorCode]);
  expect(Object.keys(body).sort()).toEqual([
    "error",
    "errorCode",
    "errorMessage",
    "error_description",
    "requestId",
    "success",
  ]);
  expect(body.success).toBe(false);
  expect(body.errorMessage).toBe(body.error_description);
  expect(body.requestId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(answer.headers.get("x-request-id")).toBe(body.requestId);
  expect(answer.headers.get("content-type")).toBe("application/json; charset=utf-8");
  expect(answer.headers.get("cache-control")).toBe("no-store");
  expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  expect(answer.headers.get("referrer-policy")).toBe("no-referrer");
  expect(answer.headers.get("content-security-policy")).toBe("default-src 'none'; frame-ancestors 'none'");
}
