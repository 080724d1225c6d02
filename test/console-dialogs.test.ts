/** The dialogs of the console in every look, as its pages are tested. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fineInEveryLook, inspect } from "./console-inspection.ts";
import { consoleDialogs, showPage } from "./console-pages.ts";
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
