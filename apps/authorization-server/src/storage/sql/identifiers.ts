import { isStorableText } from "@biped/database";

/** Never given to anything. */
export const nilUuid = "00000000-0000-0000-0000-000000000000";

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function isUuid(text: string): boolean {
  return uuid.test(text) && text !== nilUuid;
}

/** What can be no id becomes the id of nothing: the statement runs all the same and takes the same work. */
export function toUuid(text: string): string {
  return isUuid(text) ? text : nilUuid;
}

/** See `toUuid`; numbers are given from 1. */
export function toNumber(id: number): number {
  return Number.isSafeInteger(id) ? id : 0;
}

/** See `toUuid`; no name is empty. */
export function toName(text: string): string {
  return isStorableText(text) ? text : "";
}
