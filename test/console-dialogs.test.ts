/** The dialogs of the console in every look, as its pages are tested. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fineInEveryLook, inspect } from "./console-inspection.ts";
import { type ConsolePage, consoleDialogs, showPage } from "./console-pages.ts";
import { type Stage, setStage } from "./console-stage.ts";

let stage: Stage;

beforeAll(async () => {
  stage = await setStage();
});

afterAll(() => stage.stop());

describe("accessible in light, dark and 360 px, within its policy and its width", () => {
  test.concurrent.for(consoleDialogs)("the dialog $name", async (shown) => {
    const { page, faults } = await stage.openAs("owner");
    await showPage(page, shown, stage.subjects);
    const { pathname } = new URL(page.url());
    expect(await inspect(page)).toEqual(fineInEveryLook(pathname));
    expect(faults).toEqual([]);
    await page.close();
  });
});

describe("Escape closes it, and the focus is on the button that opened it", () => {
  test.concurrent.for([
    ["account-create", "Create account"],
    ["credential-delete", "More actions"],
    ["member-invitation", "Add member"],
    ["audit-log-verify", "Verify the chain"],
    ["rotation-overlap", "Rotate secret"],
    ["you-password", "Change password"],
    ["revocation-one", "Take back one token"],
    ["revocation-everything", "Everything issued before…"],
  ] as const)("the dialog %s", async ([name, opener]) => {
    const { page, faults } = await stage.openAs("owner");
    await showPage(page, findDialog(name), stage.subjects);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.getByRole("button", { name: opener, exact: true }).and(page.locator(":focus")).waitFor();
    expect(faults).toEqual([]);
    await page.close();
  });

  function findDialog(name: string): ConsolePage {
    const found = consoleDialogs.find((each) => each.name === name);
    if (found === undefined) throw new Error(`There is no dialog ${name}.`);
    return found;
  }
});
