/** One real Chromium for tests and screenshots, and pages of it that note whatever is not as it should be. */

import { execFile } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { type Browser, type BrowserContext, type ConsoleMessage, chromium, type Page } from "playwright-core";

const root = join(import.meta.dirname, "..");
const packageFolder = join(dirname(createRequire(import.meta.url).resolve("@sparticuz/chromium")), "..");
const { version } = JSON.parse(readFileSync(join(packageFolder, "package.json"), "utf8"));
const folder = join(root, "node_modules", ".cache", `chromium-${version}`);

/** BIPED_CHROMIUM names one that is installed, for machines on which the packed one does not run. */
export async function launchBrowser(args: readonly string[] = []): Promise<Browser> {
  const executablePath = process.env.BIPED_CHROMIUM ?? (await findChromium());
  const fonts = join(folder, "fonts.conf");
  return chromium.launch({
    executablePath,
    args: [...args],
    headless: true,
    env: { ...process.env, ...(existsSync(fonts) ? { FONTCONFIG_FILE: fonts } : {}) },
  });
}

/**
 * The package unpacks into the temp folder, and takes whatever lies there for whole. Hence under another name first:
 * several workers may do this at once, and each of them runs a file that nobody writes to any more.
 */
async function findChromium(): Promise<string> {
  const program = join(folder, "chromium");
  if (existsSync(program)) return program;
  await mkdir(dirname(folder), { recursive: true });
  const fresh = await mkdtemp(`${folder}.`);
  const script = 'import chromium from "@sparticuz/chromium"; await chromium.executablePath();';
  await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: root,
    env: { ...process.env, TMPDIR: fresh },
  });
  writeFileSync(join(fresh, "fonts.conf"), formatFontSettings());
  await rename(fresh, folder).catch((error: unknown) => {
    if (!existsSync(program)) throw error;
  });
  await rm(fresh, { recursive: true, force: true });
  return program;
}

/** The packed fonts before those of the machine, so that pictures and widths are the same everywhere. */
function formatFontSettings(): string {
  const prefer = ([family, ...fonts]: readonly string[]) =>
    `<alias><family>${family}</family><prefer>${fonts.map((font) => `<family>${font}</family>`).join("")}</prefer></alias>`;
  const families = [
    ["system-ui", "Open Sans"],
    ["sans-serif", "Open Sans"],
    ["monospace", "DejaVu Sans Mono", "Liberation Mono"],
  ];
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${join(folder, "fonts")}</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>${join(folder, "fonts-cache")}</cachedir>
  ${families.map(prefer).join("\n  ")}
</fontconfig>
`;
}

export type Look = "light" | "dark" | "narrow";
export const looks: readonly Look[] = ["light", "dark", "narrow"];

export type OpenedPage = {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors of the page and its console, violations of its policy, requests to elsewhere, dialogs of the browser. */
  readonly faults: string[];
};

type PageOptions = {
  /** Of the console; whatever is asked of another origin is a fault. */
  readonly origin: string;
  /** What the page takes for the time; the machine's own if absent. */
  readonly nowSeconds?: number;
};

/** In a context of its own: nothing is shared with another page. */
export async function openPage(browser: Browser, { origin, nowSeconds }: PageOptions): Promise<OpenedPage> {
  const context = await browser.newContext({
    baseURL: origin,
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
    reducedMotion: "reduce",
    viewport: sizes.light,
  });
  context.setDefaultTimeout(20_000);
  if (nowSeconds !== undefined) await context.clock.setFixedTime(nowSeconds * 1000);
  return openPageIn(context, origin);
}

/** Beside the others of the context: who is signed in there is so here. */
export async function openPageIn(context: BrowserContext, origin: string): Promise<OpenedPage> {
  const page = await context.newPage();
  return { page, context, faults: await watch(page, origin) };
}

const sizes = {
  light: { width: 1280, height: 800 },
  dark: { width: 1280, height: 800 },
  narrow: { width: 360, height: 740 },
} as const;

export async function setLook(page: Page, look: Look): Promise<void> {
  await page.setViewportSize(sizes[look]);
  await page.emulateMedia({ colorScheme: look === "dark" ? "dark" : "light" });
}

async function watch(page: Page, origin: string): Promise<string[]> {
  const faults: string[] = [];
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
      console.error(`policy violated: ${violatedDirective} ${blockedURI}`);
    });
  });
  page.on("console", (message) => {
    if (isFault(message, origin)) faults.push(`${message.type()}: ${message.text()} (${message.location().url})`);
  });
  page.on("pageerror", (error) => faults.push(`thrown: ${error.message}`));
  page.on("dialog", (dialog) => {
    // The page's own question before it is left, as where a secret is shown.
    if (dialog.type() === "beforeunload") return void dialog.accept();
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(`${origin}/`) && !/^(?:data|blob):/.test(url)) faults.push(`request to elsewhere: ${url}`);
  });
  return faults;
}

/** Browsers write an error for each refusal of the API, of which a page may have good use. */
function isFault(message: ConsoleMessage, origin: string): boolean {
  if (message.type() !== "error" && message.type() !== "warning") return false;
  const isRefusal = /^Failed to load resource: the server responded with a status of 4\d\d/.test(message.text());
  return !(isRefusal && message.location().url.startsWith(`${origin}/api/`));
}
