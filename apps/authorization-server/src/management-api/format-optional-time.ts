import { formatTime } from "../credentials/format-time.ts";

export function formatOptionalTime(seconds: number | undefined): string | null {
  return seconds === undefined ? null : formatTime(seconds);
}

/** Whole epoch seconds of an instant that the contract's schema has checked. */
export function parseInstant(text: string): number {
  return Math.floor(Date.parse(text) / 1000);
}
