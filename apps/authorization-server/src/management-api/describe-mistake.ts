import type { z } from "zod";

type Issue = z.core.$ZodIssue;

/** What is wrong first, as one sentence that names the member and the rule and never holds what was sent. */
export function describeMistake(issues: readonly Issue[], input: unknown): string {
  const [issue] = issues;
  if (issue === undefined) return "The request is malformed.";
  if (issue.code === "unrecognized_keys") return describeUnknownMember(issue.keys);
  const member = formatPath(issue.path);
  return isMissing(issue, input) ? `${member} is required.` : `${member} ${describeRule(issue)}.`;
}

/** A name is told only where it is one that somebody may have mistyped, and no secret in the wrong place. */
function describeUnknownMember(names: readonly string[]): string {
  const name = names.find((each) => /^[A-Za-z][A-Za-z0-9_]{0,39}$/.test(each));
  return name === undefined ? "The request holds an unknown member." : `${name} is not a member of this request.`;
}

/** Names of the contract and places in a list alone: the keys of free objects come from outside. */
function formatPath(path: readonly PropertyKey[]): string {
  const [member = "The body", ...further] = path;
  const [place] = further;
  return typeof place === "number" ? `${String(member)}[${place}]` : String(member);
}

function isMissing({ code, path: [member, ...deeper] }: Issue, input: unknown): boolean {
  if ((code !== "invalid_type" && code !== "invalid_value") || deeper.length > 0 || member === undefined) return false;
  return typeof input === "object" && input !== null && !Object.hasOwn(input, member);
}

function describeRule(issue: Issue): string {
  // The contract's own words, where it has some.
  if (issue.message.startsWith("must ")) return issue.message;
  if (issue.code === "invalid_type") return `must be ${kinds.get(issue.expected) ?? "of another type"}`;
  if (issue.code === "invalid_value") return `must be one of ${issue.values.map(String).join(", ")}`;
  if (issue.code === "invalid_format") return `must be ${formats.get(issue.format) ?? "of another form"}`;
  if (issue.code === "too_small") return describeLimit("at least", Number(issue.minimum), issue.origin);
  if (issue.code === "too_big") return describeLimit("at most", Number(issue.maximum), issue.origin);
  return "is malformed";
}

const kinds: ReadonlyMap<string, string> = new Map([
  ["string", "a string"],
  ["number", "a number"],
  ["int", "a whole number"],
  ["boolean", "true or false"],
  ["array", "a list"],
  ["object", "an object"],
  ["record", "an object"],
]);

const formats: ReadonlyMap<string, string> = new Map([
  ["uuid", "a UUID"],
  ["email", "an e-mail address"],
  ["datetime", "a time with its zone, such as 2027-01-31T00:00:00Z"],
]);

function describeLimit(bound: "at least" | "at most", limit: number, origin: string): string {
  if (origin === "string") return `must have ${bound} ${formatCount(limit, "character")}`;
  if (origin === "array") return `must have ${bound} ${formatCount(limit, "item")}`;
  return `must be ${bound} ${limit}`;
}

function formatCount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
