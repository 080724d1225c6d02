/** How far the service's clock is ahead of this machine's: the sandbox's can be moved, and a laptop's can be wrong. */
let aheadMs = 0;

/** What may lie between an answer's making and its reading, and between two whole seconds, is no difference. */
const toleranceMs = 5000;

/** @param date The `Date` of an answer: whole seconds, by the clock that the times in it are of. */
export function heedServiceDate(date: string | null): void {
  const difference = Date.parse(date ?? "") - Date.now();
  if (Number.isFinite(difference)) aheadMs = Math.abs(difference) < toleranceMs ? 0 : difference;
}

export function readServiceNowMs(): number {
  return Date.now() + aheadMs;
}
