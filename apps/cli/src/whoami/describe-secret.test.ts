import { expect, test } from "vitest";
import { describeSecret } from "./whoami-command.ts";

const now = Date.parse("2026-11-24T12:00:00Z");
const secret = { id: "1", created_at: "2026-11-12T12:00:00Z", expires_at: null, last_used_at: null, current: false };

test.each([
  [{}, "created 12 days ago, never expires, never used"],
  [
    { expires_at: "2026-11-27T12:00:00Z", current: true },
    "created 12 days ago, expires in 3 days, never used, this one",
  ],
  [
    { expires_at: "2026-11-23T12:00:00Z", last_used_at: "2026-11-24T11:55:00Z" },
    "created 12 days ago, expired 1 day ago, last used 5 minutes ago",
  ],
])("%j: %s", (change, text) => {
  expect(describeSecret({ ...secret, ...change }, now)).toBe(text);
});
