import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type StartedListener, startListener } from "../../../../test/started-listener.ts";
import { createConsoleRoutes } from "./console-files.ts";

const directory = mkdtempSync(join(tmpdir(), "biped-console-"));
const html = "<!doctype html><title>Biped</title>";
let started: StartedListener;

beforeAll(async () => {
  mkdirSync(join(directory, "assets"));
  writeFileSync(join(directory, "index.html"), html);
  writeFileSync(join(directory, "assets", "app-1a2b.js"), "export {};");
  const routes = {
    "/api/accounts/:accountId": { GET: () => ({ status: 200, body: { id: 1 } }) },
    ...createConsoleRoutes(directory),
  };
  started = await startListener({ routes });
});
afterAll(async () => {
  await started.stop();
  rmSync(directory, { recursive: true });
});

const get = async (path: string, headers: Record<string, string> = {}, method = "GET") => {
  const answer = await fetch(`${started.url}${path}`, { method, headers: { accept: "*/*", ...headers } });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
};
const page = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };

describe("the console's files", () => {
  test("R-35: a page has the policy of the console, its frame and its origin closed, and no store beyond asking again", async () => {
    const { status, headers, text } = await get("/");
    expect([status, text, headers.get("content-type")]).toEqual([200, html, "text/html; charset=utf-8"]);
    expect(headers.get("content-security-policy")).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'; " +
        "require-trusted-types-for 'script'",
    );
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
    expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
    expect(headers.get("strict-transport-security")).toBe("max-age=31536000");
    expect(headers.get("cache-control")).toBe("no-cache");
  });

  test("a file named by its content is kept for ever", async () => {
    const { status, headers, text } = await get("/assets/app-1a2b.js");
    expect([status, text]).toEqual([200, "export {};"]);
    expect(headers.get("content-type")).toBe("text/javascript; charset=utf-8");
    expect(headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
  });

  test.each(["/accounts/1", "/credentials/c3133d76-a768-4f5a-8a51-000000000000", "/nothing/at/all"])(
    "%s opened by a browser is the app, which knows its pages",
    async (path) => {
      expect((await get(path, page)).text).toBe(html);
    },
  );

  test.each(["/api/nothing", "/api", "/assets/gone.js", "/sandbox/clock", "/.well-known/jwks.json"])(
    "%s opened by a browser is 404: it is never a page",
    async (path) => {
      const { status, text } = await get(path, page);
      expect([status, JSON.parse(text).errorCode]).toEqual([404, "NOT_FOUND"]);
    },
  );

  test("a program on an unknown path gets the flat error, by any method", async () => {
    for (const method of ["GET", "POST", "PUT", "DELETE"]) {
      const { status, text } = await get("/accounts/1", {}, method);
      expect([method, status, JSON.parse(text).errorCode]).toEqual([method, 404, "NOT_FOUND"]);
    }
  });

  test.each(["/..%2findex.html", "/%2e%2e/%2e%2e/etc/passwd", "/assets/..%2f..%2fpackage.json", "//index.html"])(
    "R-45: %s leads nowhere",
    async (path) => {
      expect((await get(path)).status).toBe(404);
    },
  );

  test("it is sent packed to who takes that, and as it is to who does not", async () => {
    const packed = await fetch(`${started.url}/`, { headers: { "accept-encoding": "br, gzip" } });
    expect([packed.headers.get("content-encoding"), await packed.text()]).toEqual(["gzip", html]);
    const plain = await fetch(`${started.url}/`, { headers: { "accept-encoding": "identity" } });
    expect([plain.headers.get("content-encoding"), await plain.text()]).toEqual([null, html]);
  });

  test("without a built console the page says so", async () => {
    const routes = createConsoleRoutes(join(directory, "not-there"));
    const bare = await startListener({ routes });
    const answer = await fetch(`${bare.url}/`, { headers: page });
    expect([answer.status, (await answer.json()).errorMessage]).toEqual([
      404,
      "The console is not built. The management API is there all the same.",
    ]);
    await bare.stop();
  });
});
