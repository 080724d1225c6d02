import { describe, expect, test } from "vitest";
import { holdTimeouts } from "../test/hold-timeouts.ts";
import { type DocumentRequest, type Fetch, fetchDocument, isUnacceptable } from "./fetch-document.ts";

const url = "https://auth.example.com/document";
const fetchBy = (fetch: Fetch, changes: Partial<DocumentRequest> = {}, closing = new AbortController()) =>
  fetchDocument(
    { url, accept: "application/json", maxBytes: 1024, timeoutMilliseconds: 3000, fetch, ...changes },
    closing.signal,
  );

/** A body that counts how often it was asked for more. */
function createBody(parts: (count: number) => Uint8Array | undefined) {
  const body = { pulls: 0, cancels: 0 };
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        body.pulls += 1;
        const part = parts(body.pulls);
        if (part === undefined) controller.close();
        else controller.enqueue(part);
      },
      cancel() {
        body.cancels += 1;
      },
    },
    { highWaterMark: 0 },
  );
  return { body, stream };
}

test("one address is asked, for one type, for no coding, and no redirect is followed", async () => {
  const asked: unknown[] = [];
  await fetchBy(async (...args) => {
    asked.push(args);
    return new Response("{}");
  });
  const headers = { accept: "application/json", "accept-encoding": "identity" };
  expect(asked).toEqual([[url, { headers, redirect: "manual", signal: expect.any(AbortSignal) }]]);
});

test.each([
  [undefined, 300],
  ["max-age=100", 100],
  ["public, max-age=100", 100],
  ["public,max-age=100", 100],
  ['max-age="100"', 100],
  ["Max-Age=100", 100],
  ["max-age=59", 60],
  ["max-age=60", 60],
  ["max-age=300", 300],
  ["max-age=301", 300],
  ["max-age=", 300],
  ["max-age=soon", 300],
  ["x-max-age=100", 300],
  ["no-store", 300],
])("RFC 9111 §5.2.2.1: with Cache-Control %s it is fresh for %d seconds", async (cacheControl, maxAgeSeconds) => {
  const headers = cacheControl === undefined ? {} : { "cache-control": cacheControl };
  expect(await fetchBy(async () => new Response("{}", { headers }))).toEqual({ text: "{}", maxAgeSeconds });
});

describe("a body", () => {
  test("that is announced as too long is not read", async () => {
    const { body, stream } = createBody(() => undefined);
    const answer = await fetchBy(async () => new Response(stream, { headers: { "content-length": "1025" } }));
    expect([answer, body]).toEqual([{ unacceptable: "more than 1 KiB" }, { pulls: 0, cancels: 1 }]);
  });

  test("of exactly the length that is allowed is read", async () => {
    const text = "x".repeat(1024);
    const answer = await fetchBy(async () => new Response(text, { headers: { "content-length": "1024" } }));
    expect(answer).toMatchObject({ text });
  });

  test("that grows longer than it may is read no further", async () => {
    const { body, stream } = createBody(() => new Uint8Array(512));
    expect(await fetchBy(async () => new Response(stream))).toEqual({ unacceptable: "more than 1 KiB" });
    expect(body).toEqual({ pulls: 3, cancels: 1 });
  });

  test("may end in the middle of a character, and go on there", async () => {
    const { stream } = createBody((count) => [undefined, Uint8Array.of(0x22, 0xc3), Uint8Array.of(0xa9, 0x22)][count]);
    expect(await fetchBy(async () => new Response(stream))).toMatchObject({ text: '"é"' });
  });

  test("that is none is no document", async () => {
    expect(await fetchBy(async () => new Response(null))).toEqual({ unacceptable: "no body" });
  });

  test("is read no further once the guard is closed", async () => {
    const closing = new AbortController();
    const { body, stream } = createBody((count) => {
      if (count === 2) closing.abort();
      return Uint8Array.of(0x20);
    });
    expect(await fetchBy(async () => new Response(stream), {}, closing)).toEqual({ unacceptable: "no answer in time" });
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
    expect(body.pulls).toBe(2);
  });
});

test("an answer that does not come in time is none, whether the fetch listens to its signal or not", async () => {
  const timeouts = holdTimeouts(3000);
  const answer = fetchBy(() => new Promise(() => {}));
  await new Promise(setImmediate);
  timeouts.end();
  expect(await answer).toEqual({ unacceptable: "no answer in time" });
});

test.each<[name: string, error: unknown, told: string]>([
  ["an error", new TypeError("fetch failed"), "TypeError"],
  ["an error with a cause", new TypeError("fetch failed", { cause: new Error("other") }), "TypeError"],
  [
    "an error with a cause that has a code",
    new TypeError("fetch failed", { cause: Object.assign(new Error(), { code: "ECONNREFUSED" }) }),
    "TypeError ECONNREFUSED",
  ],
  ["what is no error", "fetch failed", "unknown"],
  ["nothing", undefined, "unknown"],
])("a fetch that fails with %s is told without what it says", async (_name, error, told) => {
  expect(await fetchBy(() => Promise.reject(error))).toEqual({ unacceptable: `no answer: ${told}` });
});

test.each([
  [{ unacceptable: "why" }, true],
  [{}, false],
  [null, false],
  [undefined, false],
  ["unacceptable", false],
])("%j is unacceptable: %s", (value, expected) => {
  expect(isUnacceptable(value)).toBe(expected);
});
