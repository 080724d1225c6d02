import { expect, onTestFinished, test, vi } from "vitest";
import { type GuardOptions, readGuardOptions } from "./guard-options.ts";

const good = { issuer: "https://auth.example.com", endpoint: "https://api.eu-west-1.example.com" };

function mistakesOf(options: Partial<Record<keyof GuardOptions | string, unknown>>): string {
  try {
    readGuardOptions({ ...good, ...options } as GuardOptions);
    return "none";
  } catch (error) {
    return error instanceof TypeError ? error.message : String(error);
  }
}

const only = (mistake: string): string => `The guard's options are wrong: ${mistake}.`;

test("issuer and endpoint are enough, and the keys are below the issuer", () => {
  expect(readGuardOptions(good)).toMatchObject({
    keySetUrl: "https://auth.example.com/.well-known/jwks.json",
    metadataUrl: "https://auth.example.com/.well-known/oauth-authorization-server",
    clockToleranceSeconds: 30,
    algorithms: ["RS256", "ES256", "Ed25519"],
    maxCacheEntries: 0,
    revocations: { mode: "open", maxStalenessSeconds: 30 },
  });
});

test.each([
  ["http://auth.example.com", "issuer must be https in production mode"],
  ["https://localhost", "issuer must not be on loopback in production mode"],
  ["https://auth.localhost", "issuer must not be on loopback in production mode"],
  ["https://LOCALHOST.", "issuer must not be on loopback in production mode"],
  ["https://127.0.0.1:4000", "issuer must not be on loopback in production mode"],
  ["https://127.8.9.10", "issuer must not be on loopback in production mode"],
  ["https://127.10.20.30", "issuer must not be on loopback in production mode"],
  ["https://127.1", "issuer must not be on loopback in production mode"],
  ["https://0x7f000001", "issuer must not be on loopback in production mode"],
  ["https://0.0.0.0", "issuer must not be on loopback in production mode"],
  ["https://[::1]:4000", "issuer must not be on loopback in production mode"],
  ["https://[::]", "issuer must not be on loopback in production mode"],
  ["https://[::ffff:127.0.16.1]", "issuer must not be on loopback in production mode"],
  ["https://[::ffff:127.0.0.1]", "issuer must not be on loopback in production mode"],
  ["https://auth.example.com/emulator", "issuer must not be an emulator in production mode"],
  ["https://auth.example.com/tests/EMULATOR", "issuer must not be an emulator in production mode"],
])("production mode refuses the issuer %s", (issuer, mistake) => {
  expect(mistakesOf({ issuer })).toBe(only(mistake));
  expect(mistakesOf({ issuer, mode: "sandbox" })).toBe("none");
});

test.each([
  "https://127.example.com",
  "https://127.1.2.3.example.com",
  "https://auth.example.com/emulators",
  "https://localhost.example.com",
  "https://emulator.example.com",
  "https://10.0.0.1",
])("production mode takes the issuer %s", (issuer) => {
  expect(mistakesOf({ issuer })).toBe("none");
});

test.each([
  ["auth.example.com"],
  ["https://auth.example.com/"],
  ["https://auth.example.com?x=1"],
  ["https://auth.example.com#x"],
  ["https://user@auth.example.com"],
  ["https://:word@auth.example.com"],
  ["xhttp://auth.example.com"],
  [{ toString: (): string => "https://auth.example.com" }],
  ["ftp://auth.example.com"],
  [" https://auth.example.com"],
  [""],
  [undefined],
])("%j is no issuer in any mode", (issuer) => {
  const mistake = only("issuer must be an http(s) URL without query, fragment and trailing slash");
  expect(mistakesOf({ issuer })).toBe(mistake);
  expect(mistakesOf({ issuer, mode: "sandbox" })).toBe(mistake);
});

test.each([["https://api.example.com/"], ["https://api.example.com/v1"], ["https://API.example.com"], [undefined]])(
  "%j is no endpoint, because no token could name it",
  (endpoint) => {
    expect(mistakesOf({ endpoint })).toBe(only("endpoint must be an http(s) URL without path and trailing slash"));
  },
);

test("the key set's own URL is held to the same rules", () => {
  expect(mistakesOf({ keySetUrl: "http://keys.example.com/jwks" })).toBe(
    only("keySetUrl must be https in production mode"),
  );
  expect(mistakesOf({ keySetUrl: "file:///keys" })).toBe(only("keySetUrl must be an http(s) URL"));
  expect(mistakesOf({ keySetUrl: "xhttp://keys.example.com" })).toBe(only("keySetUrl must be an http(s) URL"));
  expect(mistakesOf({ keySetUrl: "https://keys.example.com/jwks?tenant=1" })).toBe("none");
  expect(mistakesOf({ keySetUrl: "http://localhost:4000/jwks", mode: "sandbox" })).toBe("none");
});

test.each([[[]], ["RS256"], [["RS256", "HS256"]], [{ length: 1 }]])("%j are no algorithms", (algorithms) => {
  expect(mistakesOf({ algorithms })).toBe(only("algorithms must be a list of RS256, ES256, Ed25519"));
});

test("all options are taken, and numbers up to their bounds", () => {
  const hook = (): never => {
    throw new Error("not called");
  };
  const hooks = { onEvent: hook, fetch: hook, nowSeconds: hook, monotonicSeconds: hook, random: hook };
  const lists = { algorithms: ["RS256"], scopes: new Map() };
  const read = (numbers: object) => mistakesOf({ ...good, ...lists, ...hooks, mode: "production", ...numbers });
  const most = {
    clockToleranceSeconds: 120,
    cache: { maxEntries: 1_000_000 },
    revocations: { maxStalenessSeconds: 3600 },
  };
  const least = { clockToleranceSeconds: 0, cache: { maxEntries: 1 }, revocations: { maxStalenessSeconds: 5 } };
  expect([read(most), read(least), read({ keySetUrl: "https://keys.example.com" })]).toEqual(["none", "none", "none"]);
});

test.each(["constructor", "toString", "__proto__x"])("%s is not an option", (name) => {
  expect(mistakesOf({ [name]: true })).toBe(only(`${name} is not an option`));
});

test("the clocks are the machine's unless others are given", () => {
  vi.useFakeTimers({ now: 1_800_000_000_500, toFake: ["Date", "performance"] });
  onTestFinished(() => void vi.useRealTimers());
  const { nowSeconds, monotonicSeconds } = readGuardOptions(good);
  const before = monotonicSeconds();
  vi.advanceTimersByTime(1500);
  expect([nowSeconds(), monotonicSeconds() - before]).toEqual([1_800_000_002, 1.5]);
});

test("every mistake is named at once", () => {
  expect(
    mistakesOf({
      issuer: "http://localhost/emulator",
      endpoint: "x",
      mode: "test",
      clockTolerance: 30,
      clockToleranceSeconds: 121,
      algorithms: ["HS256"],
      scopes: {},
      cache: { maxEntries: 0 },
      fetch: "fetch",
    }),
  ).toBe(
    only(
      [
        "clockTolerance is not an option",
        "mode must be production or sandbox",
        "issuer must be https in production mode",
        "issuer must not be on loopback in production mode",
        "issuer must not be an emulator in production mode",
        "endpoint must be an http(s) URL without path and trailing slash",
        "clockToleranceSeconds must be a number from 0 to 120",
        "cache.maxEntries must be an integer from 1 to 1000000",
        "algorithms must be a list of RS256, ES256, Ed25519",
        "scopes must be a Map of scope definitions",
        "fetch must be a function",
      ].join("; "),
    ),
  );
});

test.each([[-1], [Number.NaN], [Number.POSITIVE_INFINITY], ["30"]])("a tolerance of %j is refused", (value) => {
  expect(mistakesOf({ clockToleranceSeconds: value })).toBe(
    only("clockToleranceSeconds must be a number from 0 to 120"),
  );
});

test("revocations are followed, openly and within 30 s, unless something else is said", () => {
  const read = (revocations: GuardOptions["revocations"]) => readGuardOptions({ ...good, revocations: revocations! });
  expect(read("off").revocations).toBe("off");
  expect(read({ mode: "closed" }).revocations).toEqual({ mode: "closed", maxStalenessSeconds: 30 });
  expect(read({ maxStalenessSeconds: 5 }).revocations).toEqual({ mode: "open", maxStalenessSeconds: 5 });
});

test.each([
  ["on", "revocations must be off or an object"],
  [null, "revocations must be off or an object"],
  [{ mode: "shut" }, "revocations.mode must be open or closed"],
  [{ maxStalenessSeconds: 4 }, "revocations.maxStalenessSeconds must be a number from 5 to 3600"],
  [{ maxStalenessSeconds: 3601 }, "revocations.maxStalenessSeconds must be a number from 5 to 3600"],
  [{ maxStalenessSeconds: "30" }, "revocations.maxStalenessSeconds must be a number from 5 to 3600"],
  [{ maxAge: 30 }, "revocations.maxAge is not an option"],
])("revocations: %j is refused", (revocations, mistake) => {
  expect(mistakesOf({ revocations })).toBe(only(mistake));
});
