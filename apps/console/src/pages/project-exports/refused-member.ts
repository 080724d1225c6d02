import type { Failure } from "../../api/failure.ts";

/** The member of a job that the service did not take, and why. */
export type RefusedMember = { readonly path: string; readonly rule: string };

const pattern = /^((?:name|format|scope|frequency|fields|deviceLabel|segmentId|formulaGuard)(?:\.\w+|\[\d+\])*) (.+)$/s;

/** A refusal of the service begins with the path of a member: `fields[2].aliasName must …`. */
export function readRefusedMember(failure: Pick<Failure, "kind" | "text"> | undefined): RefusedMember | undefined {
  if (failure?.kind !== "refused") return undefined;
  const [, path, rule] = pattern.exec(failure.text) ?? [];
  return path === undefined || rule === undefined
    ? undefined
    : { path, rule: capitalise(rule.replace(names, tellName)) };
}

/** What is wrong at a member, or in what it holds; `fields` alone holds none of its single fields. */
export function findRuleAt(refused: RefusedMember | undefined, path: string): string | undefined {
  const isThere = refused !== undefined && (refused.path === path || refused.path.startsWith(`${path}.`));
  return isThere ? refused.rule : undefined;
}

const titles: ReadonlyMap<string, string> = new Map([
  ["name", "Name"],
  ["format", "Format"],
  ["scope", "Rows"],
  ["frequency", "When"],
  ["fields", "Fields"],
  ["deviceLabel", "Devices"],
  ["segmentId", "Segment"],
  ["formulaGuard", "Guard against formulas"],
]);

/** The same for who reads it away from its field: "Field 3: Must …". */
export function tellRefusal({ path, rule }: RefusedMember): string {
  const place = /^fields\[(\d+)\]/.exec(path)?.[1];
  const title = place === undefined ? titles.get(path.split(".")[0] ?? "") : `Field ${Number(place) + 1}`;
  return `${title ?? path}: ${rule.charAt(0).toLowerCase()}${rule.slice(1)}`;
}

/** A failure with its member in words. */
export function tellFailure(failure: Failure): Failure {
  const refused = readRefusedMember(failure);
  return refused === undefined ? failure : { ...failure, text: tellRefusal(refused) };
}

const names = /\b(?:aliasName|customVarPosition|dynamicVarKey|dateRange)\b/g;
const words: ReadonlyMap<string, string> = new Map([
  ["aliasName", "name"],
  ["customVarPosition", "position"],
  ["dynamicVarKey", "key"],
  ["dateRange", "range of days"],
]);

function tellName(name: string): string {
  return words.get(name) ?? name;
}

function capitalise(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
