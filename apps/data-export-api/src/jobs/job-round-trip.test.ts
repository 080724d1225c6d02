import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRefusal } from "@biped/protocol";
import fc from "fast-check";
import { afterAll, beforeAll, expect } from "vitest";
import { testProperty } from "../../../../test/property.ts";
import { exportableFields } from "../exportable-fields/catalogue.ts";
import type { ExportScope } from "../exportable-fields/exportable-field.ts";
import { openStorage } from "../storage/sql-storage.ts";
import type { Storage } from "../storage/storage.ts";
import { formatJob } from "./format-job.ts";
import { deviceLabels, type JobRequest, jobFormats } from "./job.ts";
import { parseJobRequest } from "./job-request.ts";

/** Later than every range that is made here. */
const now = Date.UTC(3000, 0, 1) / 1000;

const directory = mkdtempSync(join(tmpdir(), "biped-data-export-"));
let storage: Storage;
beforeAll(async () => {
  storage = await openStorage(`sqlite:${join(directory, "jobs.db")}`);
});
afterAll(async () => {
  await storage.close();
  rmSync(directory, { recursive: true, force: true });
});

const plainText = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 40 })
  .filter((text) => text.trim() !== "" && !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u.test(text));

/** A moment in one of the spellings that mean it. */
const spell = (epochMilliseconds: number, offsetMinutes: number): string => {
  const sign = offsetMinutes < 0 ? "-" : "+";
  const clock = [Math.floor(Math.abs(offsetMinutes) / 60), Math.abs(offsetMinutes) % 60];
  const offset = clock.map((part) => String(part).padStart(2, "0")).join(":");
  return `${new Date(epochMilliseconds + offsetMinutes * 60_000).toISOString().slice(0, -1)}${sign}${offset}`;
};

const minutes = fc.integer({ min: -14 * 60, max: 14 * 60 });
const frequency = fc.oneof(
  fc.constantFrom({ value: "daily" }, { value: "hourly" }),
  fc
    .tuple(
      fc.integer({ min: Date.UTC(1970, 0, 2), max: Date.UTC(2999, 11, 20) }),
      fc.integer({ min: 1, max: 7 * 86_400_000 }),
      minutes,
      minutes,
    )
    .map(([from, length, one, other]) => ({
      value: "once",
      dateRange: { from: spell(from, one), to: spell(from + length, other) },
    })),
);

/** No generated alias is the name of a field, and no two are equal. */
const withAlias = (fields: readonly object[], aliases: readonly (string | undefined)[]): readonly object[] =>
  fields.map((field, index) => {
    const alias = aliases[index];
    return alias === undefined ? field : { ...field, aliasName: `A${alias}-${index}` };
  });

const fieldsOf = (scope: ExportScope) => {
  const plain = exportableFields[scope].map((field) => field.name).filter((name) => !/_var$/.test(name));
  const alias = fc.option(fc.stringMatching(/^[A-Za-z0-9_ .-]{0,20}$/), { nil: undefined });
  return fc
    .tuple(
      fc.shuffledSubarray(plain, { maxLength: 20 }),
      fc.uniqueArray(fc.integer({ min: 1, max: 20 }), { maxLength: 4 }),
      fc.uniqueArray(plainText, { maxLength: 4 }),
      fc.array(alias, { maxLength: 28 }),
    )
    .map(([names, positions, keys, aliases]) => {
      const fields = [
        ...names.map((fieldName) => ({ fieldName })),
        ...positions.map((customVarPosition) => ({ fieldName: "custom_var", customVarPosition })),
        ...keys.map((dynamicVarKey) => ({ fieldName: "dynamic_var", dynamicVarKey })),
      ];
      return withAlias(fields.length === 0 ? [{ fieldName: "session_id" }] : fields, aliases);
    });
};

const bodyOf = (scope: ExportScope) =>
  fc.record(
    {
      name: plainText,
      format: fc.constantFrom(...jobFormats),
      scope: fc.constant(scope),
      frequency,
      fields: fieldsOf(scope),
      deviceLabel: fc.constantFrom(...deviceLabels),
      segmentId: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    },
    { requiredKeys: ["name", "format", "scope", "frequency", "fields"] },
  );
const body = fc
  .tuple(fc.oneof(bodyOf("sessions"), bodyOf("views")), fc.boolean())
  .map(([job, formulaGuard]) => (job.format === "CSV" ? { ...job, formulaGuard } : job));

const parse = (value: unknown): JobRequest => {
  const parsed = parseJobRequest(JSON.stringify(value), now);
  if (isRefusal(parsed)) throw new Error(parsed.description);
  return parsed;
};

testProperty(
  "a job that is accepted is stored and read back equal, and its answer can be posted again",
  300,
  fc.asyncProperty(body, async (asked) => {
    const job = { ...parse(asked), state: "ACTIVE", createdAt: 1_700_000_000 } as const;
    const first = { period: { from: 0, to: 1 }, dueAt: 1 };
    const jobId = await storage.createJob(42, job, first);
    const found = await storage.findJob(42, jobId);
    expect(found).toStrictEqual({ ...job, jobId });

    const { jobId: _id, state, createdAt, segmentId, ...again } = formatJob({ ...job, jobId });
    expect([state, createdAt]).toStrictEqual(["ACTIVE", "2023-11-14T22:13:20Z"]);
    expect(parse(segmentId === null ? again : { ...again, segmentId })).toStrictEqual(parse(asked));
  }),
);

const anyValue = fc.oneof(fc.jsonValue(), fc.string({ unit: "binary" }), fc.double(), fc.constant("MARK"));

testProperty(
  "a body with anything in one of its members is accepted or refused with 400, and a refusal echoes nothing",
  5000,
  fc.property(
    body,
    fc.constantFrom(
      "name",
      "format",
      "scope",
      "frequency",
      "fields",
      "deviceLabel",
      "segmentId",
      "formulaGuard",
      "MARK",
    ),
    anyValue,
    (asked, member, value) => {
      const outcome = parseJobRequest(JSON.stringify({ ...asked, [member]: value }), now);
      if (!isRefusal(outcome)) return;
      expect(outcome.code).toBe("INVALID_REQUEST");
      expect(outcome.description).not.toContain("MARK");
    },
  ),
);

testProperty(
  "any text is a job or refused with 400",
  5000,
  fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.json()), (text) => {
    expect(isRefusal(parseJobRequest(text, now))).toBe(true);
  }),
);
