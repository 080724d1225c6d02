import { expect, test } from "vitest";
import { formatShortKid, tellKeyStory } from "./key-story.ts";

const active = {
  kid: "aaaaaaaaAAAA",
  state: "active",
  stateSince: "2026-11-01T00:00:00Z",
  nextStepAt: "2026-12-01T00:00:00Z",
} as const;
const next = {
  kid: "nnnnnnnnNNNN",
  state: "next",
  stateSince: "2026-11-20T12:00:00Z",
  nextStepAt: "2026-11-20T12:10:00Z",
} as const;
const passive = {
  kid: "ppppppppPPPP",
  state: "passive",
  stateSince: "2026-11-01T00:00:00Z",
  nextStepAt: "2026-11-01T01:05:00Z",
} as const;

const tell = (...keys: Parameters<typeof tellKeyStory>[0]) =>
  tellKeyStory(keys).map(({ at, tense, title }) => `${at} ${tense}: ${title}`);

test("a key alone is succeeded by one that is published ten minutes before", () => {
  expect(tell(active)).toEqual([
    "2026-11-01T00:00:00Z past: aaaaaaaa began to sign",
    "2026-11-30T23:50:00.000Z future: The next key is published",
    "2026-12-01T00:00:00Z future: The next key begins to sign",
  ]);
});

test("a rotation under way names both keys, once", () => {
  expect(tell(active, { ...next })).toEqual([
    "2026-11-01T00:00:00Z past: aaaaaaaa began to sign",
    "2026-11-20T12:00:00Z past: nnnnnnnn was published",
    "2026-11-20T12:10:00Z future: nnnnnnnn begins to sign",
  ]);
  expect(tellKeyStory([active, next]).at(-1)?.text).toBe("aaaaaaaa then verifies only.");
});

test("what will happen stands after what happened, each in its own order", () => {
  expect(tell(passive, active)).toEqual([
    "2026-11-01T00:00:00Z past: pppppppp stopped signing",
    "2026-11-01T00:00:00Z past: aaaaaaaa began to sign",
    "2026-11-01T01:05:00Z future: pppppppp is removed",
    "2026-11-30T23:50:00.000Z future: The next key is published",
    "2026-12-01T00:00:00Z future: The next key begins to sign",
  ]);
});

test("a first key before there is an active one, and a key without a next step", () => {
  expect(tellKeyStory([next]).at(-1)).toEqual({
    id: "nnnnnnnnNNNN signs",
    at: "2026-11-20T12:10:00Z",
    tense: "future",
    title: "nnnnnnnn begins to sign",
    text: "",
  });
  expect(tell({ ...passive, state: "gone", nextStepAt: null })).toEqual([
    "2026-11-01T00:00:00Z past: pppppppp was removed",
  ]);
  expect(tellKeyStory([])).toEqual([]);
});

test("ids of keys are shown by their beginning", () => {
  expect(formatShortKid("Zx3-_abcdefghijklmnop")).toBe("Zx3-_abc");
});
