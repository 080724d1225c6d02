import { expect, test } from "vitest";
import { createStyle, isColored } from "./style.ts";

test.each([
  [{}, true, false, true],
  [{}, false, false, false],
  [{ TERM: "dumb" }, true, false, false],
  [{ NO_COLOR: "1" }, true, false, false],
  [{ NO_COLOR: "" }, true, false, true],
  [{ FORCE_COLOR: "1" }, false, false, true],
  [{ FORCE_COLOR: "0" }, true, false, false],
  [{ FORCE_COLOR: "1", NO_COLOR: "1" }, false, false, false],
  [{ FORCE_COLOR: "1" }, true, true, false],
])("%j, terminal %s, --no-color %s: colours %s", (environment, isTerminal, isColorRefused, expected) => {
  expect(isColored({ environment, isTerminal, isColorRefused })).toBe(expected);
});

test("a text is painted and taken back, an empty one is left alone", () => {
  const { red } = createStyle({ environment: {}, isTerminal: true, isColorRefused: false });
  expect([red("no"), red("")]).toEqual(["\u001b[31mno\u001b[39m", ""]);
});
