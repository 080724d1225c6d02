import { type Command, InvalidArgumentError } from "commander";
import { parseId } from "../exports/export-arguments.ts";

export type FilterOptions = {
  readonly account?: number;
  readonly actor?: string;
  readonly action?: string;
  readonly subject?: string;
  readonly from?: string;
  readonly to?: string;
};

export function addFilterOptions(command: Command): Command {
  return command
    .option("--account <id>", "of this account", parseId)
    .option("--actor <actor>", "by operator, system, administrator:ID, access-token:ID or credential:ID")
    .option("--action <action>", "such as credential.created, or its noun alone")
    .option("--subject <subject>", "on this object, such as credential:ID")
    .option("--from <time>", "from this time on, such as 2027-01-31 or 2027-01-31T12:00:00Z", parseInstant)
    .option("--to <time>", "before this time", parseInstant);
}

/** As the management API takes them. */
export function readFilter({ account, actor, action, subject, from, to }: FilterOptions) {
  return {
    ...(account !== undefined && { accountId: account }),
    ...(actor !== undefined && { actor }),
    ...(action !== undefined && { action }),
    ...(subject !== undefined && { subject }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  };
}

/** A day alone is its beginning in UTC; a time without a zone would be another one on every machine. */
function parseInstant(text: string): string {
  const form = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?$/;
  const milliseconds = form.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(milliseconds))
    throw new InvalidArgumentError("It must be an ISO 8601 date, or a time with its zone.");
  return new Date(milliseconds).toISOString();
}
