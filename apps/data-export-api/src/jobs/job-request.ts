import { isRefusal, parseJsonParameters, type Refusal, refuse } from "@biped/protocol";
import { z } from "zod";
import { exportScopes } from "../exportable-fields/exportable-field.ts";
import { instantRule, parseInstant } from "./instant.ts";
import { deviceLabels, type Frequency, frequencyValues, type JobRequest, jobFormats } from "./job.ts";
import { findFieldsMistake, type Mistake } from "./job-fields.ts";

const longestRangeMilliseconds = 7 * 86_400_000;

/** One text for whatever is wrong with a value, and another for a value that is not there. */
const rule = (text: string) => ({
  error: ({ input }: { readonly input?: unknown }) => (input === undefined ? "is required" : text),
});

/** An object of these members and no other: what we would ignore might have narrowed what is exported. */
const members = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: ({ code, input }) => {
      if (code === "unrecognized_keys") return `holds an unknown member; known are ${Object.keys(shape).join(", ")}`;
      return input === undefined ? "is required" : "must be an object";
    },
  });

const oneOf = <const Values extends readonly string[]>(values: Values) =>
  z.enum(values, rule(`must be one of ${values.join(", ")}`));

const wholeNumber = (min: number, max: number) => {
  const { error } = rule(`must be an integer from ${min} to ${max}`);
  return z.int({ error }).min(min, { error }).max(max, { error });
};

/** Under the flag `u` a lone surrogate is a character of \p{Cs}, and a pair counts once. */
const plainText = () => {
  const { error } = rule(
    "must have 1 to 255 characters, not only blanks, no control characters and no lone surrogates",
  );
  return z
    .string({ error })
    .regex(/^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]{1,255}$/u, { error })
    .regex(/\S/, { error });
};

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
  name: plainText(),
  format: oneOf(jobFormats),
  scope: oneOf(exportScopes),
  frequency,
  fields: z.array(field, rule(countRule)).min(1, countRule).max(200, countRule),
  deviceLabel: oneOf(deviceLabels).default("all"),
  segmentId: wholeNumber(1, Number.MAX_SAFE_INTEGER).optional(),
});

/** The body of POST /v1/exports. A refusal names one member by its path, and the rule; never what was sent. */
export function parseJobRequest(text: string): JobRequest | Refusal {
  // Repeated and forbidden member names no longer show in what JSON.parse gives.
  const parameters = parseJsonParameters(text);
  if (isRefusal(parameters)) return parameters;
  const read = body.safeParse(JSON.parse(text));
  if (!read.success) return refuseMistake(read.error.issues[0] ?? { path: [], message: "is wrong" });
  const mistake = findFieldsMistake(read.data.scope, read.data.fields);
  return mistake === undefined ? { ...read.data, segmentId: read.data.segmentId } : refuseMistake(mistake);
}

function refuseMistake({ path, message }: Mistake): Refusal {
  return refuse("INVALID_REQUEST", `${formatPath(path)} ${message}.`);
}

/** `fields[2].aliasName`. Only names of the contract get here: an unknown member is its parent's mistake. */
function formatPath(path: readonly PropertyKey[]): string {
  const text = path.map((step) => (typeof step === "number" ? `[${step}]` : `.${String(step)}`)).join("");
  return text === "" ? "The body" : text.slice(1);
}
