import { describe, expect, test } from "vitest";
import { checkPasswordRules } from "./password-rules.ts";

const texts = ["vera.lindqvist@northwind.example", "Vera Lindqvist"];

const check = async (password: string): Promise<string | undefined> =>
  (await checkPasswordRules(password, texts))?.description;

describe("R-31: length", () => {
  test("15 characters, counted as people count, also beside a second factor, which may be removed again", async () => {
    expect(await check("fjord-lamp-94x")).toBe("password must have at least 15 characters.");
    expect(await check("fjord-lamp-94xq")).toBeUndefined();
    expect(await check("🦊🐙🦉🐝🦋🐢🦑🦀🐡🦓🦒🐘🦏🐪")).toBe("password must have at least 15 characters.");
    expect(await check("🦊🐙🦉🐝🦋🐢🦑🦀🐡🦓🦒🐘🦏🐪🐫")).toBeUndefined();
  });

  test("a mistake is a refusal, and none is nothing", async () => {
    expect(await checkPasswordRules("fjord-lamp-94x", texts)).toMatchObject({ code: "INVALID_REQUEST" });
    expect(await checkPasswordRules("fjord-lamp-94xq", texts)).toBeUndefined();
  });

  test("1,024 characters at most", async () => {
    const long = Array.from({ length: 1024 }, (_, at) => String.fromCodePoint(0x4e00 + ((at * 7919) % 9000))).join("");
    expect(await check(long)).toBeUndefined();
    expect(await check(`${long}x`)).toBe("password must have at most 1024 characters.");
  });

  test("any Unicode, but text: a lone surrogate is none", async () => {
    expect(await check("ночной дождь и чай")).toBeUndefined();
    expect(await check("a quiet walk \ud800 along")).toBe("password must be Unicode text.");
  });
});

describe("R-31: what is tried first", () => {
  const known = "password must not be one that is known and tried first.";
  const pattern = "password must not be a sequence or a repetition.";

  test.each([
    "Password1234567",
    "passwordpassword",
    "qwertyuiop12345",
    "sunshinesunshine",
    "football!!!!!!!",
    "ＢＡＳＥＢＡＬＬbaseball",
    "1234qwer1234qwer",
    "!!!!password!!!!",
    "sunshinesunshinesunshine",
    "sunshine+49207185",
    "1234567890qwerty",
  ])("%j is known with something added, or twice", async (password) => {
    expect(await check(password)).toBe(known);
  });

  test.each([
    "aaaaaaaaaaaaaaaa",
    "abcdefghijklmnopq",
    "1234567890123456",
    "9876543210987654",
    "abcabcabcabcabca",
    "12121212121212121",
    "abcabcabcabcabc",
    "abcdabcdabcdabcdab",
  ])("%j is a sequence or a repetition", async (password) => {
    expect(await check(password)).toBe(pattern);
  });

  test.each(["VeraLindqvist1!", "northwind-vera-2", "biped-northwind-1", "lindqvist biped lindqvist"])(
    "%j is little more than words of the context",
    async (password) => {
      expect(await check(password)).toBe(
        "password must have more to it than your name, your e-mail address or the name of the product.",
      );
    },
  );

  test.each(["annbergannberg1", "ann-lee-lee-ann", "lindqvist4f7k2m9"])(
    "%j is little more than long and short words of the context, the long ones first",
    async (password) => {
      for (const names of ["Ann Annberg Lee Lindqvist", "Lindqvist Lee Annberg Ann"]) {
        expect((await checkPasswordRules(password, [names]))?.description).toMatch(/^password must have more to it/);
      }
    },
  );

  test("eight characters beside words of the context are enough, and words of two letters are none", async () => {
    expect(await checkPasswordRules("lindqvist4f7k2m9q", texts)).toBeUndefined();
    expect(await checkPasswordRules("bo-al-bo-al-bo-al", ["bo@al.example"])).toBeUndefined();
  });

  test.each([
    "sunshine+492071853",
    "s-u-n-s-h-i-n-e",
    "my sunshinesunshine",
    "sunshinesunshine, ours",
    "correct horse battery staple 9",
    "vera likes tall green lamps",
    "monkey-71550387264",
    "aaaaaaaaaaaaaaab and more",
  ])("no rules about kinds of characters: %j is good", async (password) => {
    expect(await check(password)).toBeUndefined();
  });
});
