import { isRefusal, type Refusal } from "@biped/protocol";
import { z } from "zod";
import { exportScopes } from "../exportable-fields/exportable-field.ts";
import { members, oneOf, parseBody, refuseMistake, rule } from "../json-body.ts";
import { instantRule, parseInstant } from "./instant.ts";
import { deviceLabels, type Frequency, frequencyValues, type JobRequest, jobFormats } from "./job.ts";
import { findFieldsMistake } from "./job-fields.ts";

const longestRangeMilliseconds = 7 * 86_400_000;

const wholeNumber = (min: number, max: number) => {
  const { error } = rule(`must be an integer from ${min} to ${max}`);
  return z.int({ error }).min(min, { error }).max(max, { error });
};

const textRule = rule("must have 1 to 255 characters, not only blanks, no control characters and no lone surrogates");

/** Under the flag `u` a lone surrogate is a character of \p{Cs}, and a pair counts once. */
const plainText = () => {
  const { error } = textRule;
  return z
    .string({ error })
    .regex(/^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]{1,255}$/u, { error })
    .regex(/\S/, { error });
};

/** People read it in lists, where no name turns the direction of what stands around it. */
const name = plainText().regex(/^[^\u202a-\u202e\u2066-\u2069]*$/u, textRule);

const instant = z.string(rule(instantRule)).transform((text, context) => {
  const epochMilliseconds = parseInstant(text);
  if (epochMilliseconds === undefined) context.addIssue(instantRule);
  return epochMilliseconds ?? z.NEVER;
});

const dateRange = members({ from: instant, to: instant }).superRefine(({ from, to }, context) => {
  if (from >= to) context.addIssue({ code: "custom", path: ["from"], message: "must lie before to" });
  else if (to - from > longestRangeMilliseconds) {
    context.addIssue({ code: "custom", path: ["to"], message: "must lie at most 7 days after from" });
  }
});

const frequency = members({ value: oneOf(frequencyValues), dateRange: dateRange.optional() }).transform(
  ({ value, dateRange }, context): Frequency => {
    const refuseRange = (message: string): never => {
      context.addIssue({ code: "custom", path: ["dateRange"], message });
      return z.NEVER;
    };
    if (value === "once") return dateRange === undefined ? refuseRange("is required for once") : { value, dateRange };
    return dateRange === undefined ? { value } : refuseRange("is for once only");
  },
);

const aliasRule =
  "must have 1 to 255 letters, digits, blanks and the signs _ . - only, and begin with a letter, a digit or _";

const field = members({
  fieldName: z.string(rule("must be a string")),
  aliasName: z
    .string(rule(aliasRule))
    .regex(/^[A-Za-z0-9_][A-Za-z0-9_ .-]{0,254}$/, aliasRule)
    .exactOptional(),
  customVarPosition: wholeNumber(1, 20).exactOptional(),
  dynamicVarKey: plainText().exactOptional(),
});

const countRule = "must be an array of 1 to 200 fields";

const body = members({
  name,
  format: oneOf(jobFormats),
  scope: oneOf(exportScopes),
  frequency,
  fields: z.array(field, rule(countRule)).min(1, countRule).max(200, countRule),
  deviceLabel: oneOf(deviceLabels).default("all"),
  segmentId: wholeNumber(1, Number.MAX_SAFE_INTEGER).optional(),
  formulaGuard: z.boolean(rule("must be true or false")).default(false),
}).superRefine(({ format, formulaGuard }, context) => {
  if (!formulaGuard || format === "CSV") return;
  context.addIssue({ code: "custom", path: ["formulaGuard"], message: "is for CSV only" });
});

/**
 * The body of POST /v1/exports.
 * @param nowSeconds What is still to come is left to `daily` and `hourly`, but for the end of a range.
 */
export function parseJobRequest(text: string, nowSeconds: number): JobRequest | Refusal {
  const read = parseBody(text, body);
  if (isRefusal(read)) return read;
  const { frequency, scope, fields } = read;
  if (frequency.value === "once" && frequency.dateRange.from > nowSeconds * 1000) {
    return refuseMistake({ path: ["frequency", "dateRange", "from"], message: "must not lie in the future" });
  }
  const mistake = findFieldsMistake(scope, fields);
  return mistake === undefined ? { ...read, segmentId: read.segmentId } : refuseMistake(mistake);
}
