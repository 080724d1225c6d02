import type { NewJob } from "@biped/client";
import { createUsageError } from "../command-error.ts";
import { isJsonObject, type JsonObject } from "../json.ts";
import { deviceLabels, exportScopes, frequencies, jobFormats } from "./export-arguments.ts";

/** A job as a file or the options describe it; nothing is known of it yet. */
type Draft = JsonObject;

type Rule = {
  /** Where in the job, and which option sets it. */
  readonly member: string;
  readonly option: string;
  /** Completes "--name must …". */
  readonly rule: string;
  readonly isKept: (value: unknown, job: Draft) => boolean;
};

const weekMilliseconds = 7 * 86_400_000;
const instant = "be an ISO 8601 date, or date and time, such as 2026-11-03 or 2026-11-03T08:30:00Z";
const isOnce = (job: Draft): boolean => read(job, "frequency.value") === "once";
const parseInstant = (value: unknown): number =>
  typeof value === "string" && /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d)?)?$/.test(value)
    ? Date.parse(value)
    : Number.NaN;
const isOneOf = (values: readonly string[]) => (value: unknown) => values.some((each) => each === value);

/** What everybody can know beforehand. The service has the last word. */
const rules: readonly Rule[] = [
  {
    member: "name",
    option: "--name",
    rule: "not be empty",
    isKept: (name) => typeof name === "string" && /\S/.test(name),
  },
  { member: "format", option: "--format", rule: `be one of ${jobFormats.join(", ")}`, isKept: isOneOf(jobFormats) },
  {
    member: "scope",
    option: "--export-scope",
    rule: `be one of ${exportScopes.join(", ")}`,
    isKept: isOneOf(exportScopes),
  },
  {
    member: "frequency.value",
    option: "--frequency",
    rule: `be one of ${frequencies.join(", ")}`,
    isKept: isOneOf(frequencies),
  },
  {
    member: "frequency.dateRange",
    option: "--from and --to",
    rule: "be left out, except for once",
    isKept: (range, job) => isOnce(job) || range === undefined,
  },
  ...["from", "to"].map((end) => ({
    member: `frequency.dateRange.${end}`,
    option: `--${end}`,
    rule: instant,
    isKept: (value: unknown, job: Draft) => !isOnce(job) || !Number.isNaN(parseInstant(value)),
  })),
  {
    member: "frequency.dateRange.to",
    option: "--to",
    rule: "be after the beginning, by 7 days at most",
    isKept: (to, job) => {
      const length = parseInstant(to) - parseInstant(read(job, "frequency.dateRange.from"));
      return !isOnce(job) || (length > 0 && length <= weekMilliseconds);
    },
  },
  {
    member: "fields",
    option: "--fields",
    rule: "name one field or more, each once; `biped exports fields` lists them",
    isKept: areFields,
  },
  {
    member: "deviceLabel",
    option: "--device",
    rule: `be one of ${deviceLabels.join(", ")}`,
    isKept: isOneOf(deviceLabels),
  },
  {
    member: "segmentId",
    option: "--segment",
    rule: "be a whole number, 1 or more",
    isKept: (id) => id === undefined || (Number.isSafeInteger(id) && Number(id) >= 1),
  },
  {
    member: "formulaGuard",
    option: "--formula-guard",
    rule: "be true or false",
    isKept: (guard) => guard === undefined || typeof guard === "boolean",
  },
  {
    member: "formulaGuard",
    option: "--formula-guard",
    rule: "be left out, except for CSV",
    isKept: (guard, job) => guard !== true || job.format === "CSV",
  },
];

/**
 * @param source The file that the job was read from; undefined when options describe it.
 * @throws {CommandError} a rule is broken; the message names the member or the option.
 */
export function checkNewJob(value: unknown, source: string | undefined): NewJob {
  if (!isJsonObject(value)) throw createUsageError(`${source ?? "The job"} must hold one JSON object`);
  const job = { deviceLabel: "all", ...value };
  const broken = rules.find(({ member, isKept }) => !isKept(read(job, member), job));
  if (broken === undefined && isNewJob(job)) return job;
  const { member = "", option = "", rule = "" } = broken ?? {};
  const missing = read(job, member) === undefined ? "is missing: it must" : "must";
  throw createUsageError(`${source === undefined ? option : `${member} in ${source}`} ${missing} ${rule}`);
}

function isNewJob(job: Draft): job is Draft & NewJob {
  return rules.every(({ member, isKept }) => isKept(read(job, member), job));
}

/** The variables may be exported several times, each with another position or key. */
function areFields(value: unknown): boolean {
  if (!Array.isArray(value) || value.length === 0) return false;
  const names = value.map((field: unknown) => (isJsonObject(field) ? field.fieldName : undefined));
  if (!names.every((name) => typeof name === "string" && name !== "")) return false;
  const single = names.filter((name) => name !== "custom_var" && name !== "dynamic_var");
  return new Set(single).size === single.length;
}

function read(job: Draft, member: string): unknown {
  return member.split(".").reduce<unknown>((value, name) => (isJsonObject(value) ? value[name] : undefined), job);
}
