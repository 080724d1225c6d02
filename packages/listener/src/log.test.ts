import { randomBytes } from "node:crypto";
import { createSecret } from "@biped/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { testProperty } from "../../../test/property.ts";
import { createLog, redact } from "./log.ts";

const secret = createSecret("test", randomBytes);
const token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl";

function logLine(write: (log: ReturnType<typeof createLog>) => void): string {
  const lines: string[] = [];
  write(createLog("debug", (line) => lines.push(line)));
  expect(lines).toHaveLength(1);
  return lines[0] ?? "";
}

describe("redact", () => {
  test.each([
    ["a secret", `a ${secret} b`, "a [secret] b"],
    ["a secret with text around it", `x${secret}y`, "x[secret]y"],
    ["two secrets joined", `${secret}${secret}`, "[secret][secret]"],
    ["a JWT", `a ${token} b`, "a [token] b"],
    ["a JWT without its signature", "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.", "[token]"],
    ["a JWE of five parts", `${token}.aaaa.bbbb`, "[token]"],
    ["Basic", "Authorization: Basic dXNlcjpwYXNzd29yZA==", "Authorization: Basic [redacted]"],
    ["Bearer, in other case", "bEARER abcdefgh-._~+/=", "bEARER [redacted]"],
    ["Bearer behind a tab that JSON has escaped", '"Bearer\\tabcdefghi"', '"Bearer [redacted]"'],
    ["the password of a URL", "postgres://biped:hunter2@db/x", "postgres://biped:[redacted]@db/x"],
    ["a password with an @", "postgres://biped:hun@ter2@db/x", "postgres://biped:[redacted]@db/x"],
    ["a password with a slash", "postgres://biped:hun/ter2@db/x", "postgres://biped:[redacted]@db/x"],
    [
      "a password with a quote, as JSON escapes it",
      '"postgres://biped:hun\\"ter2@db"',
      '"postgres://biped:[redacted]@db"',
    ],
    ["a password without a user", "redis://:hunter2@db", "redis://:[redacted]@db"],
  ])("%s is struck out", (_name, line, redacted) => {
    expect(redact(line)).toBe(redacted);
  });

  test.each([
    "http://127.0.0.1:4000/v1/oauth/token",
    "postgres://biped@db:5432/x",
    "client c3133d76-a768-4f5a-8f0e-000000000001",
    "basic facts, bearer of news",
    "biped_live_short",
    "eyJ.x",
  ])("%j stays", (line) => {
    expect(redact(line)).toBe(line);
  });
});

describe("a line", () => {
  test("is JSON with level, time, the fields and the message, and ends in one LF", () => {
    const line = logLine((log) => log.warn("seen", { listener: "public", projectId: 42 }));
    expect(line).toMatch(/^\{[^\n]*\}\n$/);
    expect(JSON.parse(line)).toEqual({
      level: "warn",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      listener: "public",
      projectId: 42,
      msg: "seen",
    });
  });

  test("below the level is not written, and silent writes nothing", () => {
    const lines: string[] = [];
    const log = createLog("warn", (line) => lines.push(line));
    log.debug("a");
    log.info("b");
    log.warn("c");
    log.error("d");
    createLog("silent", (line) => lines.push(line)).error("e");
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual(["c", "d"]);
  });

  test("of an error has its stack and its causes, all of them redacted", () => {
    const cause = new Error(`connect postgres://biped:hunter2@db failed`);
    const error = new Error(`no store for ${secret}`, { cause });
    const line = logLine((log) => log.error("failed", { error }));
    const described = JSON.parse(line).error;
    expect(described).toContain("Error: no store for [secret]\n");
    expect(described).toContain("\ncaused by Error: connect postgres://biped:[redacted]@db failed\n");
    expect(described).toContain("log.test.ts");
  });

  test("of several errors at once has them all", () => {
    const error = new AggregateError([new Error("first"), new Error("second")], "both failed");
    const described = JSON.parse(logLine((log) => log.error("failed", { error }))).error;
    for (const part of ["AggregateError: both failed", "caused by Error: first", "caused by Error: second"]) {
      expect(described).toContain(part);
    }
  });

  test("of an error that is its own cause comes to an end", () => {
    const error = new Error("circle");
    error.cause = error;
    const described = JSON.parse(logLine((log) => log.error("failed", { error }))).error;
    expect(described.split("caused by")).toHaveLength(6);
  });

  test.each([
    ["a text", "away", "away"],
    ["an object", { password: "hunter2" }, "a thrown value that is not an Error"],
    ["null", null, "a thrown value that is not an Error"],
  ])("of a thrown value that is no error: %s", (_name, error, described) => {
    expect(JSON.parse(logLine((log) => log.error("failed", { error }))).error).toBe(described);
  });

  test("is one line for a terminal and an editor too: no CR, LF, ESC, C1, line separator or change of direction", () => {
    const hostile = "\r\n\x1b[31m\x00\x7f\x85\x9b31m\u2028\u2029\u202e\u2066\u200f";
    const line = logLine((log) => log.info(hostile, { reason: hostile, error: new Error(hostile) }));
    expect(line.slice(0, -1)).toMatch(/^[\x20-\x7e]*$/);
    expect(JSON.parse(line).reason).toBe(hostile);
  });
});

const noise = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.constantFrom(
    "\t",
    "\n",
    '"',
    "\\",
    "client_secret=",
    "Basic ",
    "Bearer ",
    "eyJ",
    "biped_live_",
    "://a:",
    "@",
    ".",
  ),
);
const surroundings = fc.array(noise, { maxLength: 6 }).map((parts) => parts.join(""));
const bytes = fc.uint8Array({ minLength: 64, maxLength: 64 });
const somewhere = fc.constantFrom("message", "field", "error", "cause");

function logAnywhere(place: string, text: string): string {
  return logLine((log) => {
    if (place === "message") log.info(text);
    else if (place === "field") log.info("x", { reason: text, clientId: text });
    else if (place === "error") log.info("x", { error: new Error(text) });
    else log.info("x", { error: new Error("outer", { cause: new Error(text) }) });
  });
}

describe("R-57, M-08: whatever a line is made of", () => {
  testProperty(
    "no client secret survives",
    3_000,
    fc.property(bytes, surroundings, surroundings, somewhere, (chance, before, after, place) => {
      // The chance given is drawn on again and again: few of its bytes may be too large to use.
      const generated = createSecret("live", () => chance.map((byte) => byte % 248));
      expect(logAnywhere(place, before + generated + after)).not.toContain(generated);
    }),
  );

  testProperty(
    "no token survives, nor any part of it behind the header",
    3_000,
    fc.property(bytes, surroundings, surroundings, somewhere, (chance, before, after, place) => {
      const payload = Buffer.from(chance).toString("base64url");
      const signature = Buffer.from(chance).reverse().toString("base64url");
      const generated = `eyJhbGciOiJFUzI1NiJ9.${payload}.${signature}`;
      const line = logAnywhere(place, before + generated + after);
      for (const part of [payload, signature]) expect(line).not.toContain(part);
    }),
  );

  testProperty(
    "no Basic or Bearer value survives, behind any blanks",
    3_000,
    fc.property(
      fc.uint8Array({ minLength: 12, maxLength: 60 }),
      fc.constantFrom("Basic", "bearer", "BASIC", "Bearer"),
      fc.array(fc.constantFrom(" ", "\t", "\n", "\r"), { minLength: 1, maxLength: 3 }),
      surroundings,
      (chance, scheme, blanks, after) => {
        const value = Buffer.from(chance).toString("base64");
        const line = logAnywhere("field", `authorization: ${scheme}${blanks.join("")}${value} ${after}`);
        expect(line).not.toContain(value);
      },
    ),
  );

  testProperty(
    "no password of a URL survives",
    3_000,
    fc.property(
      fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)), minLength: 1 }),
      (noiseInside) => {
        const canary = "hunter2hunter2";
        const line = logAnywhere(
          "error",
          `connect postgres://biped:${noiseInside}${canary}${noiseInside}@db.example/x failed`,
        );
        expect(line).not.toContain(canary);
      },
    ),
  );

  testProperty(
    "a line stays one line of printable JSON",
    3_000,
    fc.property(surroundings, fc.string({ unit: "binary" }), somewhere, (before, text, place) => {
      const line = logAnywhere(place, before + text);
      expect(line.endsWith("\n")).toBe(true);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is what is asked.
      expect(line.slice(0, -1)).not.toMatch(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/);
      expect(() => JSON.parse(line)).not.toThrow();
    }),
  );
});
