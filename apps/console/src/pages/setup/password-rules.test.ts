import { expect, test } from "vitest";
import { checkPassword, isPasswordGood } from "./password-rules.ts";

const person = { email: "ada.lovelace@example.com", name: "Ada King" };

test.each([
  ["", false],
  ["fourteen chars", false],
  ["fifteen charact", true],
  ["correct horse battery staple", true],
  ["ada.LoveLace@example", false],
  ["Ada King Lovelace 1815", false],
  ["the LoveLace family at sea", true],
  ["biped biped biped", false],
  ["пятнадцать букв", true],
  ["x".repeat(1025), false],
])("%s is good: %s", (password, isGood) => {
  expect(isPasswordGood(password, person)).toBe(isGood);
});

test("characters are counted as people count them, not as the machine stores them", () => {
  expect(checkPassword("🦆".repeat(7), person)[0]).toEqual({
    id: "length",
    text: "At least 15 characters (7 so far)",
    isMet: false,
  });
});

test("eight characters are enough beside a second factor, as the service has it", () => {
  const guarded = { ...person, hasSecondFactor: true };
  expect(["7 chars", "eight ch", "fourteen chars"].map((text) => isPasswordGood(text, guarded))).toEqual([
    false,
    true,
    true,
  ]);
});
