/** What is asked of every page of the console, in every look. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { type Look, looks, setLook } from "./browser.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

type Inspected = {
  readonly path: string;
  readonly titleEnd: string;
  readonly headings: number;
  /** By which the page is wider than its window. */
  readonly pixelsTooWide: number;
  /** Found by axe-core. */
  readonly barriers: readonly string[];
};

/** What every look of a page shall be found to be. */
export function fineInEveryLook(path: string): Readonly<Record<Look, Inspected>> {
  const fine = { path, titleEnd: " · Biped console", headings: 1, pixelsTooWide: 0, barriers: [] };
  return { light: fine, dark: fine, narrow: fine };
}

export async function inspect(page: Page): Promise<Partial<Record<Look, Inspected>>> {
  const inspected: Partial<Record<Look, Inspected>> = {};
  for (const look of looks) {
    await setLook(page, look);
    inspected[look] = { ...(await measure(page)), barriers: await findBarriers(page) };
  }
  await setLook(page, "light");
  return inspected;
}

function measure(page: Page) {
  return page.evaluate(() => ({
    path: location.pathname,
    titleEnd: document.title.replace(/^.*\S(?= · )/, ""),
    headings: document.querySelectorAll("h1").length,
    pixelsTooWide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  }));
}

type Violation = {
  readonly id: string;
  readonly nodes: readonly { readonly target: readonly unknown[]; readonly failureSummary: string }[];
};

async function findBarriers(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe);
  const run = `axe.run(document, { runOnly: ${JSON.stringify(rules)}, resultTypes: ["violations"] })`;
  const { violations } = (await page.evaluate(run)) as { readonly violations: readonly Violation[] };
  // An open menu is at the end of the page and belongs to its button: it is no part of the page's landmarks.
  const isMenuOpen = (await page.getByRole("menu").count()) > 0;
  return violations
    .filter(({ id }) => !(isMenuOpen && id === "region"))
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} at ${target.join(" ")}: ${failureSummary}`),
    );
}
