import { readFailure } from "./failure.ts";

/**
 * Whether a page has nothing to show: it could not be read, or what it showed is gone. A page that stands stays while
 * its next reading fails, with what is open on it: that may be a secret.
 */
export function isPageLost(error: unknown, shown: unknown): boolean {
  if (error === null) return false;
  const { kind } = readFailure(error);
  return shown === undefined || kind === "not-found" || kind === "forbidden";
}
