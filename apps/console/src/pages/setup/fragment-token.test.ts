import { expect, test } from "vitest";
import { readFragmentToken } from "./fragment-token.ts";

const body = "0".repeat(49);

test("a token is read from the fragment where it has the form of its kind", () => {
  expect(readFragmentToken(`#biped_invite_${body}`, "invite")).toBe(`biped_invite_${body}`);
  expect(readFragmentToken(`#biped_setup_${body}`, "setup")).toBe(`biped_setup_${body}`);
});

test.each(["", "#", "#main", `#biped_setup_${body}`, `#biped_invite_${body}0`, "#biped_invite_<b>"])(
  "%s is no invitation",
  (fragment) => {
    expect(readFragmentToken(fragment, "invite")).toBeUndefined();
  },
);
