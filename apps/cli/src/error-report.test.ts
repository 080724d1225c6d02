import { ClientError } from "@biped/client";
import { CommanderError } from "commander";
import { expect, test } from "vitest";
import { createUsageError } from "./command-error.ts";
import { describeError } from "./error-report.ts";

const refusal = (parts: Partial<ConstructorParameters<typeof ClientError>[1]>, message = "No (X, 401)") =>
  describeError(new ClientError(message, { kind: "refused", code: "X", ...parts }));

test.each([
  [{ kind: "refused", code: "INVALID_CLIENT", status: 401 }, 3],
  [{ kind: "unreachable", code: "TIMEOUT" }, 4],
  [{ kind: "not_oauth", code: "UNEXPECTED_ANSWER", status: 200 }, 5],
  [{ kind: "refused", code: "RUN_FAILED" }, 1],
  [{ kind: "unreachable", code: "RUN_NOT_FINISHED" }, 1],
] as const)("%j ends with %i", (parts, exitCode) => {
  expect(refusal(parts).exitCode).toBe(exitCode);
});

test("code and status stand once, beside the request's id", () => {
  const report = refusal({ status: 401, requestId: "r-1" }, "The service refuses: no (INVALID_CLIENT, 401)");
  expect([report.message, report.requestId]).toEqual(["The service refuses: no", "r-1"]);
});

test.each([
  [{ code: "PROJECT_ID_REQUIRED" }, "Name a project with --project ID"],
  [{ code: "HTTP_429", kind: "unreachable", retryAfterSeconds: 7 }, "Try again in 7 s."],
  [{ code: "HTTP_500", kind: "unreachable", status: 500 }, "wrong client id or secret"],
  [{ code: "UNEXPECTED_ANSWER", kind: "not_oauth" }, "--auth-url"],
  [{ code: "ENDPOINT_NOT_ALLOWED", kind: "not_oauth" }, "--allowed-hosts"],
] as const)("%j is told what to do: %s", (parts, advice) => {
  expect(refusal(parts).next).toContain(advice);
});

test.each([
  ["error: unknown option '--secret-thing=hush'", "Unknown option '--secret-thing'"],
  [
    "error: too many arguments for 'login'. Expected 0 arguments but got 1: hush.",
    "Too many arguments for 'login'. Expected 0 arguments but got 1",
  ],
  ["error: unknown option '--jsn'\n(Did you mean --json?)", "Unknown option '--jsn' (Did you mean --json?)"],
  ["error: unknown command 'eyJhbGciOi.eyJpc3Mi.c2ln'", "Unknown command '[token]'"],
  [
    `error: command-argument value '${"s".repeat(40)}' is invalid for argument 'job'. It must be a number.`,
    "Command-argument value '…' is invalid for argument 'job'. It must be a number",
  ],
])("%s does not say again what was typed as a value", (message, shown) => {
  const report = describeError(new CommanderError(1, "commander.x", message), "See: biped --help");
  expect([report.message, report.exitCode, report.next]).toEqual([shown, 2, "See: biped --help"]);
});

test("a full disk is named with the file", () => {
  const error = Object.assign(new Error("ENOSPC: no space left"), { code: "ENOSPC", path: "out.gz" });
  expect(describeError(error)).toMatchObject({ message: "out.gz: the disk is full (ENOSPC)", exitCode: 1 });
});

test("a defect ends with 1, and what looks like a token in it is blotted", () => {
  const report = describeError(new Error("bad eyJhbGciOi.eyJpc3Mi.c2ln with Bearer abcdefghij"));
  expect(report.message).toBe("Something went wrong that should not: bad [token] with [token]");
  expect(report.exitCode).toBe(1);
});

test("a wrong usage ends with 2", () => {
  expect(describeError(createUsageError("No", "Yes"))).toMatchObject({ exitCode: 2, message: "No", next: "Yes" });
});
