import { afterAll, beforeAll, test } from "vitest";
import { looks, setLook } from "./browser.ts";
import { inspect } from "./console-inspection.ts";
import { consoleDialogs, consolePages, showPage } from "./console-pages.ts";
import { type Stage, setStage } from "./console-stage.ts";

let stage: Stage;
beforeAll(async () => {
  const t = performance.now();
  stage = await setStage();
  console.log("stage", performance.now() - t);
});
afterAll(() => stage.stop());
test("profile", async () => {
  for (const d of [...consolePages.slice(4, 7), ...consoleDialogs.slice(0, 9)]) {
    const { page } = stage.signedIn;
    const t0 = performance.now();
    await page.goto("about:blank");
    await page.goto(d.path(stage.subjects), { waitUntil: "load" });
    const t1 = performance.now();
    await page.waitForLoadState("networkidle");
    const t2 = performance.now();
    await d.open?.(page);
    const t3 = performance.now();
    const looksT: number[] = [];
    for (const l of looks) {
      await setLook(page, l);
      looksT.push(Math.round(performance.now()));
    }
    const t4 = performance.now();
    await inspect(page);
    console.log(
      d.name,
      "load",
      Math.round(t1 - t0),
      "idle",
      Math.round(t2 - t1),
      "open",
      Math.round(t3 - t2),
      "looks",
      Math.round(t4 - t3),
      "inspect",
      Math.round(performance.now() - t4),
    );
  }
});
