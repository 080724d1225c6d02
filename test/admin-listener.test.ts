/** The admin listener as it is served, asked by strangers: what stands on every answer, and what no request breaks. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { operations } from "@biped/management-client/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startLyingProvider } from "./openid-provider.ts";
import { openRawConnection } from "./raw-connection.ts";
import { type StartedServer, startServer } from "./started-server.ts";

let started: StartedServer;
let provider: Awaited<ReturnType<typeof startLyingProvider>>;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "biped-admin-"));
  const secretFile = join(directory, "sso-secret");
  await writeFile(secretFile, "the provider knows this");
  provider = await startLyingProvider();
  started = await startServer("sqlite", {
    BIPED_SIGNING_ALG: "Ed25519",
    BIPED_SSO_ISSUER: provider.issuer,
    BIPED_SSO_CLIENT_ID: "biped-console",
    BIPED_SSO_CLIENT_SECRET_FILE: secretFile,
    BIPED_SSO_ROLES: "staff=platform",
  });
});
afterAll(async () => {
  expect(started.logLines.filter((line) => line.includes("unexpected failure"))).toEqual([]);
  await started.stop();
  await provider.stop();
  await rm(directory, { recursive: true });
});

const elsewhere = { origin: "https://evil.example", "sec-fetch-site": "cross-site" };
const fromConsole = { "sec-fetch-site": "same-origin", "x-biped-console": "1", "content-type": "application/json" };

async function ask(path: string, init: RequestInit = {}) {
  const answer = await fetch(`${started.adminUrl}${path}`, { redirect: "manual", ...init });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

const nothingAllowed = "default-src 'none'; frame-ancestors 'none'";
const pagePolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; " +
  "base-uri 'none'; frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'";

/** what is missing on this answer, or should not be there. */
function findFaults(headers: { get: (name: string) => string | null | undefined; keys: () => Iterable<string> }) {
  const isPage = headers.get("content-type")?.startsWith("text/html") === true;
  const wanted: Readonly<Record<string, string>> = {
    "content-security-policy": isPage ? pagePolicy : nothingAllowed,
    "cache-control": isPage ? "no-cache" : "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    ...(isPage && {
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
      "strict-transport-security": "max-age=31536000",
    }),
  };
  const wrong = Object.entries(wanted).filter(([name, value]) => headers.get(name) !== value);
  const further = [...headers.keys()].filter((name) => /^access-control|^server$|^x-powered-by/.test(name));
  return [...wrong.map(([name]) => `${name}: ${headers.get(name)}`), ...further];
}

describe("R-35: every answer has its headers, and none lets another origin read it", () => {
  test("each operation and each path, by each method, from another site", async () => {
    const faults: string[] = [];
    const paths = [...new Set(Object.keys(operations).map((name) => name.split(" ")[1]?.replace(/:\w+/g, "1") ?? ""))];
    const others = ["/", "/sign-in", "/assets/none.js", "/api", "/api/none", "/openapi.json", "/metrics", "/healthz"];
    for (const path of [...paths, ...others, "/readyz", "/sso/start", "/sso/callback?state=x", "/%zz"]) {
      for (const method of ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
        const preflight = { ...elsewhere, "access-control-request-method": "POST", accept: "text/html" };
        const { status, headers } = await ask(path, { method, headers: preflight });
        faults.push(...findFaults(headers).map((fault) => `${method} ${path} ${status}: ${fault}`));
        if (method === "OPTIONS") expect([path, status >= 400]).toEqual([path, true]);
      }
    }
    expect(faults).toEqual([]);
  });

  test("redirects to the provider and back, with and without an attempt", async () => {
    provider.lies.current = {};
    const begun = await ask("/sso/start");
    expect([begun.status, findFaults(begun.headers)]).toEqual([303, []]);
    const asked = new URL(begun.headers.get("location") ?? "").searchParams;
    const query = new URLSearchParams({ code: asked.get("nonce") ?? "", state: asked.get("state") ?? "" });
    const [cookie = ""] = (begun.headers.get("set-cookie") ?? "").split(";");
    for (const location of ["/", "/sign-in?problem=sso-expired"]) {
      // Used twice: the second time there is no such attempt any more.
      const back = await ask(`/sso/callback?${query}`, { headers: { cookie } });
      expect([back.status, back.headers.get("location"), findFaults(back.headers)]).toEqual([303, location, []]);
    }
  });

  test("what is too large, of another type, or no HTTP at all", async () => {
    const large = await ask("/api/session", { method: "POST", headers: fromConsole, body: "x".repeat(65_537) });
    const long = await ask(`/api/${"x".repeat(3000)}`);
    const typed = await ask("/api/session", { method: "POST", headers: { "content-type": "nonsense" }, body: "x" });
    expect([large.status, long.status, typed.status]).toEqual([413, 414, 415]);
    for (const { headers } of [large, long, typed]) expect(findFaults(headers)).toEqual([]);
    const raw = await openRawConnection(started.adminUrl);
    raw.send("GET / HTTP/1.1\r\nHost: a\r\nbroken\r\n\r\n");
    const broken = await raw.readAnswer();
    const faults = findFaults({ get: (name) => broken.headers.get(name), keys: () => broken.headers.keys() });
    expect([broken.status, faults]).toEqual([400, []]);
  });
});

describe("400: a body that is nested too deeply, however deeply, before anybody is known", () => {
  const repeat = (count: number, [open, close]: readonly [string, string]) =>
    open.repeat(count) + 1 + close.repeat(count);
  const send = async (path: string, body: string) => {
    const { status, text } = await ask(path, { method: "POST", headers: fromConsole, body });
    return `${status} ${JSON.parse(text).errorMessage}`;
  };

  test.each([30, 3_000, 10_000])("%s levels", async (levels) => {
    for (const pair of [
      ["[", "]"],
      ['{"a":', "}"],
    ] as const) {
      const deep = repeat(levels, pair);
      const passkey = await send("/api/session/passkey", `{"passkey":{"response":${deep}}}`);
      const password = await send("/api/session", `{"email":${deep},"password":"x"}`);
      expect([passkey, password]).toEqual(Array(2).fill("400 The body is nested too deeply."));
    }
  });

  test("what a browser sends is not", async () => {
    const { status } = await ask("/api/session/passkey", {
      method: "POST",
      headers: fromConsole,
      body: `{"passkey":{"response":${repeat(10, ["[", "]"])}}}`,
    });
    expect(status).toBe(401);
  });
});
