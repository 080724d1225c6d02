import { expect, test } from "vitest";
import { formatBytes, formatCount, formatDuration } from "./amounts.ts";

test("thousands are parted", () => {
  expect(formatCount(1_204_001)).toBe("1,204,001");
});

test.each([
  [0, "0 B"],
  [1, "1 B"],
  [1023, "1023 B"],
  [1024, "1.0 KiB"],
  [1434, "1.4 KiB"],
  [1024 * 1024 - 1, "1 MiB"],
  [104_857_600, "100 MiB"],
  [5.5 * 1024 ** 3, "5.5 GiB"],
  [3000 * 1024 ** 4, "3000 TiB"],
])("%d bytes are %s", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test.each([
  [0, "under 1 s"],
  [499, "under 1 s"],
  [42_000, "42 s"],
  [59_700, "1 min"],
  [200_000, "3 min 20 s"],
  [3_600_000, "1 h"],
  [7_500_000, "2 h 5 min"],
  [7_199_000, "2 h"],
])("%d ms are %s", (milliseconds, text) => {
  expect(formatDuration(milliseconds)).toBe(text);
});
