/** Every page of the console in every look: accessible, within its policy, and as wide as its window. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fineInEveryLook, inspect } from "./console-inspection.ts";
import { consolePages, showPage } from "./console-pages.ts";
import { type Stage, setStage } from "./console-stage.ts";

const bundleLimitBytes = 200 * 1024;

let stage: Stage;

beforeAll(async () => {
  stage = await setStage();
});

afterAll(() => stage.stop());

describe("accessible in light, dark and 360 px, within its policy and its width", () => {
  test.concurrent.for(consolePages)("the page $name", async (shown) => {
    const { page, faults } = await stage.openAs(shown.isPublic ? "visitor" : "owner");
    await showPage(page, shown, stage.subjects);
    const { pathname } = new URL(shown.path(stage.subjects), stage.server.origin);
    expect(await inspect(page)).toEqual(fineInEveryLook(pathname));
    expect(faults).toEqual([]);
    await page.close();
  });
});

describe("the first page", () => {
  test.each([
    ["sign-in", undefined],
    ["overview", "owner"],
  ] as const)("%s takes at most 200 KiB of scripts and styles, packed", async (_name, who) => {
    const { page } = await stage.server.open(stage.browser, who === undefined ? undefined : stage.owner);
    const sizes: Promise<number>[] = [];
    page.on("requestfinished", (request) => {
      if (/\.(?:js|css)$/.test(request.url()))
        sizes.push(request.sizes().then(({ responseBodySize }) => responseBodySize));
    });
    await page.goto(who === undefined ? "/sign-in" : "/", { waitUntil: "networkidle" });
    const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    expect(bytes).toBeGreaterThan(50_000);
    expect(bytes).toBeLessThanOrEqual(bundleLimitBytes);
  });
});
