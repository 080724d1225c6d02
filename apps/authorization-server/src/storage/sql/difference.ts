import { isDeepStrictEqual } from "node:util";
import type { Author } from "../storage.ts";

type Members = Readonly<Record<string, unknown>>;

/** What a change changes, before and after; undefined if all of it is so already. */
export type Difference = { readonly before: Members; readonly after: Members };

/** Members that are absent from `change` stay as they are; one that is there and undefined is taken away. */
export function findDifference(former: object, change: object): Difference | undefined {
  const members = new Map<string, unknown>(Object.entries(former));
  const changed = Object.entries(change).filter(([name, value]) => !isDeepStrictEqual(members.get(name), value));
  if (changed.length === 0) return undefined;
  return {
    before: Object.fromEntries(changed.map(([name]) => [name, members.get(name)])),
    after: Object.fromEntries(changed),
  };
}

export function isOtherVersion(
  former: { readonly version: number },
  { ifVersion }: Pick<Author, "ifVersion">,
): boolean {
  return ifVersion !== undefined && ifVersion !== former.version;
}

/** What a change changes, or what is answered where it changes nothing or is meant for another version. */
export function weighChange<Fact extends { readonly version: number }>(
  former: Fact | undefined,
  change: object,
  author: Author,
):
  | { readonly former: Fact; readonly difference: Difference }
  | { readonly answer: Fact | undefined | "version mismatch" } {
  if (former === undefined) return { answer: undefined };
  if (isOtherVersion(former, author)) return { answer: "version mismatch" };
  const difference = findDifference(former, change);
  return difference === undefined ? { answer: former } : { former, difference };
}

/** The difference with the epoch, which goes up by one where the change takes something away. */
export function addEpoch(
  { before, after }: Difference,
  former: { readonly epoch: number },
  next: { readonly epoch: number },
): Difference {
  return { before: { ...before, epoch: former.epoch }, after: { ...after, epoch: next.epoch } };
}
