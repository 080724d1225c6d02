import { expect, test } from "vitest";
import { findLiveSecrets, findRotation, formatSpan, judgeSilence, parseOverlapDays } from "./rotation.ts";

const secret = (id: string, state: "current" | "former" | "expired", silentSeconds: number | null = null) => ({
  id,
  state,
  silentSeconds,
  createdAt: "2026-11-20T00:00:00Z",
  expiresAt: null,
  lastUsedAt: null,
  lastUsedSource: null,
});
const current = secret("new", "current");

test("a rotation is a former secret beside the newest one; one that has ended is none", () => {
  const former = secret("old", "former", 0);
  expect(findRotation({ secrets: [current, former] })).toEqual({ current, former });
  expect(findRotation({ secrets: [current] })).toBeUndefined();
  expect(findRotation({ secrets: [current, secret("old", "expired")] })).toBeUndefined();
  expect(findRotation({ secrets: [] })).toBeUndefined();
});

test("an expired secret is no live one", () => {
  expect(findLiveSecrets({ secrets: [current, secret("old", "expired")] })).toEqual([current]);
});

test("safe to retire from the very second at which the chosen silence is full", () => {
  const judge = (silentSeconds: number) =>
    judgeSilence({ current, former: secret("old", "former", silentSeconds) }, "86400");
  expect(judge(86_400)).toEqual({ isSafe: true, text: "No program has used the former secret for 1 day." });
  expect(judge(86_399)).toEqual({
    isSafe: false,
    text: "Only 23 hours since the new secret was made. Wait less than a minute more, if nothing uses it.",
  });
});

test("a use after the new secret was made is what the time counts from", () => {
  const former = { ...secret("old", "former", 7200), lastUsedAt: "2026-11-21T00:00:00Z" };
  expect(judgeSilence({ current, former }, "86400")).toEqual({
    isSafe: false,
    text: "Only 2 hours since its last use. Wait 22 hours more, if nothing uses it.",
  });
});

test.each([
  [0, "less than a minute"],
  [60, "1 minute"],
  [7199, "1 hour"],
  [172_800, "2 days"],
])("%i seconds are %s", (seconds, expected) => {
  expect(formatSpan(seconds)).toBe(expected);
});

test.each([
  ["0", 0],
  [" 30 ", 30],
  ["31", undefined],
  ["-1", undefined],
  ["1.5", undefined],
  ["", undefined],
])("an overlap of “%s” days is %s", (text, expected) => {
  expect(parseOverlapDays(text)).toBe(expected);
});
