import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { testProperty } from "../../../../test/property.ts";
import { measureText } from "../terminal/table.ts";
import { formatBytes } from "./format-bytes.ts";
import { createProgressBar, renderProgress } from "./progress-bar.ts";

const half = {
  label: "part 1 of 2",
  received: 5_000_000,
  total: 10_000_000,
  resumedFrom: 0,
  elapsedMilliseconds: 2_000,
  columns: 100,
};

describe("renderProgress", () => {
  test("with room: label, bar, share, amount, speed and the time left", () => {
    expect(renderProgress(half)).toBe(
      "part 1 of 2  [==============>             ]   50 %  5.0 MB of 10.0 MB  2.5 MB/s  2 seconds left",
    );
  });

  test("less room: the least important is left out, and it stays one line", () => {
    const at = (columns: number): string => renderProgress({ ...half, columns });
    expect(at(60)).toBe("part 1 of 2  [====>   ]   50 %  5.0 MB of 10.0 MB  2.5 MB/s");
    expect(at(40)).toBe("part 1 of 2  [===>   ]   50 %  2.5 MB/s");
    expect(at(24)).toBe("[=======>      ]   50 %");
    expect(at(8)).toBe(" 50 %");
    expect(at(3)).toBe(" 5");
  });

  test("100 % only when every byte is there", () => {
    expect(renderProgress({ ...half, received: 9_999_999 })).toContain(" 99 %");
    expect(renderProgress({ ...half, received: 10_000_000 })).toContain("100 %");
    expect(renderProgress({ ...half, received: 10_000_000 })).not.toContain("left");
  });

  test("bytes of an earlier download count for the share, not for the speed", () => {
    const resumed = renderProgress({ ...half, resumedFrom: 4_000_000 });
    expect(resumed).toContain("50 %");
    expect(resumed).toContain("500.0 kB/s  10 seconds left");
  });

  test("a total that the service does not tell: what came, and a sign of life", () => {
    expect(renderProgress({ ...half, total: undefined })).toBe("part 1 of 2  |  5.0 MB  2.5 MB/s");
    expect(renderProgress({ ...half, total: undefined, elapsedMilliseconds: 2_100 })).toContain("  /  5.0 MB");
  });

  test("an empty file is complete", () => {
    expect(renderProgress({ ...half, received: 0, total: 0 })).toContain("100 %");
  });
});

testProperty(
  "a line of progress is never as wide as the terminal, and has no control character",
  3_000,
  fc.property(
    fc.record({
      label: fc.string({ unit: fc.constantFrom("a", "é", "日", " "), maxLength: 60 }),
      received: fc.nat(2 ** 31 - 1),
      rest: fc.option(fc.nat(2 ** 31 - 1), { nil: undefined }),
      resumedFrom: fc.nat(1_000),
      elapsedMilliseconds: fc.nat(10_000_000),
      columns: fc.integer({ min: 2, max: 200 }),
    }),
    ({ rest, ...picture }) => {
      const total = rest === undefined ? undefined : picture.received + rest;
      const line = renderProgress({ ...picture, total });
      expect(measureText(line)).toBeLessThan(picture.columns);
      expect(line).not.toMatch(/\p{Cc}/u);
    },
  ),
);

test("the bar is drawn at most ten times a second, always at the end, and cleared", () => {
  const drawn: (string | undefined)[] = [];
  let now = 0;
  const bar = createProgressBar({ columns: 40, showProgress: (line) => void drawn.push(line) }, () => now, "file");
  for (; now < 1_000; now += 10) bar.update({ received: now, total: 1_000, resumedFrom: 0 });
  bar.update({ received: 1_000, total: 1_000, resumedFrom: 0 });
  bar.clear();
  expect(drawn.length).toBe(12);
  expect(drawn.at(-2)).toContain("100 %");
  expect(drawn.at(-1)).toBe(undefined);
});

test("bytes are shown in decimal units with one place", () => {
  const shown = [0, 999, 1_000, 1_500, 999_949, 999_950, 12_345_678, 7_000_000_000, 5e15].map(formatBytes);
  expect(shown).toEqual(["0 B", "999 B", "1.0 kB", "1.5 kB", "999.9 kB", "1.0 MB", "12.3 MB", "7.0 GB", "5000.0 TB"]);
});
