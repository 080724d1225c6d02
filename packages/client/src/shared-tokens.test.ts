import { expect, test, vi } from "vitest";
import { createAddressRules } from "./address-rules.ts";
import { createSharedTokens } from "./shared-tokens.ts";
import type { Token, TokenStore } from "./token-store.ts";

const now = 1_800_000_000_000;
const good: Token = {
  accessToken: "eyJ.a.b",
  endpoint: "https://api.example.com",
  projectId: 42,
  scope: "data-export",
  issuedAt: now - 1000,
  expiresAt: now + 1000,
};
const open = (tokenStore: TokenStore | undefined, projectId: number | undefined = 42) =>
  createSharedTokens({
    tokenStore,
    key: "the key",
    target: { projectId, scope: "data-export" },
    addresses: createAddressRules(new URL("https://auth.example.com")),
    now: () => now,
  });
const holding = (token: unknown): TokenStore => ({ get: async () => token as Token, set: async () => undefined });

test("a token that is good is used", async () => {
  expect(await open(holding(good)).recall()).toEqual(good);
  expect(await open(holding(good), undefined).recall()).toEqual(good);
  expect(await open(undefined).recall()).toBe(undefined);
});

test.each<[string, unknown]>([
  ["of another project", { ...good, projectId: 43 }],
  ["whose endpoint is not allowed", { ...good, endpoint: "https://api.example.org" }],
  ["whose endpoint is plain http", { ...good, endpoint: "http://api.example.com" }],
  ["whose endpoint has a path", { ...good, endpoint: "https://api.example.com/v1" }],
  ["that has ended", { ...good, expiresAt: now }],
  ["from the future", { ...good, issuedAt: now + 1, expiresAt: now + 2 }],
  ["without an end", { ...good, expiresAt: undefined }],
  ["that no header can carry", { ...good, accessToken: "a\r\nb" }],
  ["that is a text", "eyJ.a.b"],
  ["that is null", null],
])("a token %s is passed over", async (_, token) => {
  expect(await open(holding(token)).recall()).toBe(undefined);
});

test("a store that fails is passed over, at reading and at writing, at once or later", async () => {
  const failing: TokenStore = {
    get: () => Promise.reject(new Error("away")),
    set: () => Promise.reject(new Error("away")),
  };
  expect(await open(failing).recall()).toBe(undefined);
  open(failing).store(good);
  const throwing: TokenStore = {
    get: () => {
      throw new Error("broken");
    },
    set: () => {
      throw new Error("broken");
    },
  };
  expect(await open(throwing).recall()).toBe(undefined);
  open(throwing).store(good);
});

test("a store that hangs is waited for 2 seconds", async () => {
  const patience = new AbortController();
  const timeout = vi.spyOn(AbortSignal, "timeout").mockReturnValue(patience.signal);
  try {
    const recalled = open({ get: () => new Promise(() => undefined), set: async () => undefined }).recall();
    patience.abort();
    expect(await recalled).toBe(undefined);
    expect(timeout.mock.calls).toEqual([[2000]]);
  } finally {
    timeout.mockRestore();
  }
});
