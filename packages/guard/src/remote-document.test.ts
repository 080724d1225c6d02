import { expect, test } from "vitest";
import { createRemoteDocument } from "./remote-document.ts";

type Reply = () => Response | Promise<Response>;

const answer =
  (text: string, headers: Record<string, string> = { "cache-control": "max-age=300" }): Reply =>
  () =>
    new Response(text, { headers });
const away: Reply = () => Promise.reject(new TypeError("fetch failed"));

/** A document whose server answers with `reply`, on a clock that the test moves. */
function open(first: Reply, random = 0) {
  const state = { now: 1000, reply: first, asked: 0, failures: [] as string[] };
  const document = createRemoteDocument<string>({
    url: "https://auth.example.com/document",
    parse: (text) => (text === "bad" ? { unacceptable: "bad" } : text),
    fetch: async () => {
      state.asked += 1;
      return state.reply();
    },
    monotonicSeconds: () => state.now,
    random: () => random,
    onLoaded: () => {},
    onFailed: (reason) => state.failures.push(reason),
  });
  return { state, document };
}

test("nothing is fetched until somebody asks", () => {
  const { state, document } = open(answer("one"));
  expect(document.current()).toBe(undefined);
  expect(state.asked).toBe(0);
});

test("a hundred askers at once share one fetch", async () => {
  const { state, document } = open(answer("one"));
  const values = await Promise.all(Array.from({ length: 100 }, () => document.refresh()));
  expect(new Set(values)).toEqual(new Set(["one"]));
  expect(state.asked).toBe(1);
});

test.each([
  { outcome: "a success", reply: answer("one") },
  { outcome: "a failure", reply: away },
  { outcome: "an unacceptable answer", reply: answer("bad") },
])("once something was loaded the server is left alone for 30 seconds after $outcome", async ({ reply }) => {
  const { state, document } = open(answer("one"));
  await document.refresh();
  state.reply = reply;
  state.now += 30;
  await document.refresh();
  expect(document.retryAfterSeconds()).toBe(30);
  state.now += 29.999;
  await document.refresh();
  expect(state.asked).toBe(2);
  expect(document.retryAfterSeconds()).toBe(1);
  state.now += 0.001;
  await document.refresh();
  expect(state.asked).toBe(3);
});

test.each([
  { outcome: "a failure", reply: away },
  { outcome: "an unacceptable answer", reply: answer("bad") },
])("before anything was loaded the server is left alone for a second after $outcome", async ({ reply }) => {
  const { state, document } = open(reply);
  await document.refresh();
  expect(document.retryAfterSeconds()).toBe(1);
  state.now += 0.999;
  await Promise.all(Array.from({ length: 100 }, () => document.refresh()));
  expect(state.asked).toBe(1);
  state.reply = answer("one");
  state.now += 0.001;
  const values = await Promise.all(Array.from({ length: 100 }, () => document.refresh()));
  expect([new Set(values), state.asked]).toEqual([new Set(["one"]), 2]);
  state.now += 29.999;
  await document.refresh();
  expect(state.asked).toBe(2);
});

test("an answer counts from when it was asked for, also one that is of no use, and a failure is none", async () => {
  const { state, document } = open(away);
  const askedAt = async (reply: Reply) => {
    state.reply = reply;
    state.now += 30;
    await document.refresh();
    return document.answerAskedAt();
  };
  expect(await askedAt(away)).toBe(Number.NEGATIVE_INFINITY);
  const slow = () => {
    state.now += 2;
    return new Response("one");
  };
  expect([await askedAt(slow), state.now]).toEqual([1060, 1062]);
  expect(await askedAt(answer("bad"))).toBe(1092);
  expect(await askedAt(away)).toBe(1092);
});

test.each([
  { cacheControl: "max-age=300", random: 0, renewAfter: 150 },
  { cacheControl: "public, max-age=300, must-revalidate", random: 1, renewAfter: 180 },
  { cacheControl: "max-age=5", random: 0, renewAfter: 30 },
  { cacheControl: "max-age=86400", random: 0, renewAfter: 150 },
  { cacheControl: "no-store", random: 0, renewAfter: 150 },
  { cacheControl: "max-age=100", random: 0.5, renewAfter: 55 },
])("$cacheControl is renewed from $renewAfter seconds on, while the old value is served", async (example) => {
  const headers = { "cache-control": example.cacheControl };
  const { state, document } = open(answer("one", headers), example.random);
  await document.refresh();
  state.reply = answer("two", headers);
  state.now = 1000 + example.renewAfter - 0.001;
  expect(document.current()).toBe("one");
  expect(state.asked).toBe(1);
  state.now = 1000 + example.renewAfter;
  expect(document.current()).toBe("one");
  expect(state.asked).toBe(2);
  expect(document.current()).toBe("one");
  expect(await document.refresh()).toBe("two");
  expect(state.asked).toBe(2);
});

test("while the server is away the last good value is served for a day, to the second", async () => {
  const { state, document } = open(answer("one"));
  await document.refresh();
  state.reply = away;
  state.now += 86_399;
  expect(document.current()).toBe(undefined);
  expect(await document.refresh()).toBe("one");
  // It was asked and did not answer: from here on nobody waits for it.
  expect(document.current()).toBe("one");
  state.now += 1;
  expect(document.current()).toBe(undefined);
  expect(await document.refresh()).toBe(undefined);
});

test("R-25: a value older than its max-age is not served without asking the server again", async () => {
  const { state, document } = open(answer("one", { "cache-control": "max-age=300" }));
  await document.refresh();
  state.reply = answer("two");
  state.now += 299;
  expect(document.current()).toBe("one");
  await document.refresh();
  state.now += 300;
  state.reply = answer("three");
  expect(document.current()).toBe(undefined);
  expect(await document.refresh()).toBe("three");
});

test("an unacceptable answer does not replace a good value", async () => {
  const { state, document } = open(answer("one"));
  await document.refresh();
  state.reply = answer("bad");
  state.now += 200;
  expect(await document.refresh()).toBe("one");
  expect(state.failures).toEqual(["bad"]);
});

test("a fetch that ignores its signal is given up after three seconds", async () => {
  const { state, document } = open(() => new Promise(() => {}));
  expect(await document.refresh()).toBe(undefined);
  expect(state.failures).toEqual(["no answer in time"]);
});

test("closing ends the fetch in flight, and no other begins", async () => {
  const { state, document } = open(() => new Promise(() => {}));
  const pending = document.refresh();
  document.close();
  expect(await pending).toBe(undefined);
  state.now += 100;
  expect(await document.refresh()).toBe(undefined);
  expect(state.asked).toBe(1);
});

test("a redirect that the runtime does not show is refused like any other", async () => {
  const opaque = { status: 0, type: "opaqueredirect", headers: new Headers(), body: null } as unknown as Response;
  const { state, document } = open(() => opaque);
  expect(await document.refresh()).toBe(undefined);
  expect(state.failures).toEqual(["status 0"]);
});

test("64 KiB are read, and not one byte more", async () => {
  const text = "x".repeat(65_536);
  const fits = open(answer(text));
  expect(await fits.document.refresh()).toBe(text);
  const tooLong = open(answer(`${text}x`));
  expect(await tooLong.document.refresh()).toBe(undefined);
  expect(tooLong.state.failures).toEqual(["more than 64 KiB"]);
});

test("an answer that is not UTF-8 is refused", async () => {
  const { state, document } = open(() => new Response(new Uint8Array([0x22, 0xff, 0x22])));
  expect(await document.refresh()).toBe(undefined);
  expect(state.failures).toEqual(["no answer: TypeError"]);
});
