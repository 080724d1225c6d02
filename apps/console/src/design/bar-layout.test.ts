import { expect, test } from "vitest";
import { findAxisEnd, layOutBars } from "./bar-layout.ts";

const bar = (...values: readonly number[]) => ({ label: "", values });

test.each([
  [0, 1],
  [1, 1],
  [3, 5],
  [10, 10],
  [11, 20],
  [70, 100],
  [4001, 5000],
])("the axis for %d ends at %d", (value, end) => {
  expect(findAxisEnd([bar(value)])).toBe(end);
});

test("series are stacked from the bottom up, and nothing is drawn for zero", () => {
  expect(layOutBars([bar(5, 5), bar(0, 0)], { width: 40, height: 100 })).toEqual([
    { series: 0, x: 2, y: 50, width: 16, height: 50 },
    { series: 1, x: 2, y: 0, width: 16, height: 50 },
  ]);
});

test("one of a million is still seen", () => {
  expect(layOutBars([bar(1_000_000), bar(1)], { width: 20, height: 100 })[1]?.height).toBe(1);
});

test("no bars, no rectangles", () => {
  expect(layOutBars([], { width: 20, height: 100 })).toEqual([]);
});
