/** The console on a real server that asks for second factors, and people who sign in to it in a browser. */

import { createHmac, randomBytes, randomUUID } from "node:crypto";
import { join } from "node:path";
import { hashPassword } from "@biped/authorization-server";
import type { Role } from "@biped/management-client";
import { createSecret } from "@biped/protocol";
import type { Browser, BrowserContext } from "playwright-core";
import { digestText } from "../apps/authorization-server/src/administrators/token-digest.ts";
import { buildConsole } from "../scripts/console.mjs";
import { type OpenedPage, openPage } from "./browser.ts";
import { type StartedServer, startServer } from "./started-server.ts";

export const password = "a quiet walk along the harbour";

export type ConsoleServer = StartedServer & {
  readonly origin: string;
  readonly addAdministrator: (person: Person) => Promise<Administrator>;
  readonly signIn: (context: BrowserContext, administrator: Administrator) => Promise<void>;
  /** A page of its own for somebody who is signed in, or for nobody. */
  readonly open: (browser: Browser, administrator?: Administrator) => Promise<OpenedPage>;
  /** The next code of an authenticator app, which is another one each time: the clock goes on for it. */
  readonly nextCode: (totpSecret: string) => string;
};

type Person = {
  readonly email: string;
  readonly name?: string;
  readonly isPlatformOwner?: boolean;
  readonly memberships?: Readonly<Record<number, Role>>;
};

export type Administrator = { readonly id: string; readonly email: string; readonly totpSecret: string };

const stepSeconds = 30;

export async function startConsoleServer(): Promise<ConsoleServer> {
  await buildConsole(join(import.meta.dirname, ".."), process.execPath);
  const started = await startServer("sqlite", { BIPED_SIGNING_ALG: "Ed25519" }, "live");
  const origin = `http://localhost:${new URL(started.adminUrl).port}`;
  const nextCode = (totpSecret: string): string => {
    started.clock.seconds += stepSeconds;
    return computeTotp(totpSecret, Math.floor(started.clock.seconds / stepSeconds));
  };
  const made = { ...started, origin, nextCode };
  const signIn: ConsoleServer["signIn"] = async (context, { id }) => {
    const value = await createSession(made, id);
    // Browsers take the name and the flag for a secure page's only; a cookie has no port.
    await context.addCookies([
      { name: cookieName, value, url: "https://localhost/", httpOnly: true, sameSite: "Strict" },
    ]);
  };
  return {
    ...made,
    addAdministrator: (person) => addAdministrator(made, person),
    signIn,
    open: async (browser, administrator) => {
      const opened = await openPage(browser, { origin, nowSeconds: started.clock.seconds });
      if (administrator !== undefined) await signIn(opened.context, administrator);
      return opened;
    },
  };
}

const cookieName = "__Host-biped-session";

type Made = Omit<ConsoleServer, "addAdministrator" | "signIn" | "open">;

async function createSession({ server, clock }: Made, administratorId: string): Promise<string> {
  const value = createSecret("session", randomBytes);
  const at = clock.seconds;
  const session = {
    digest: digestText(value),
    administratorId,
    state: "complete",
    createdAt: at,
    lastSeenAt: at,
    expiresAt: at + 12 * 3600,
    steppedUpAt: at,
    failures: 0,
    source: "127.0.0.1",
    userAgent: "Mozilla/5.0 (X11; Linux x86_64) Chrome/153.0 Safari/537.36",
  } as const;
  await server.storage.createSession(session, { at, actor: "operator", requestId: undefined });
  return value;
}

async function addAdministrator(
  made: Made,
  { email, name = email, isPlatformOwner = false, memberships = {} }: Person,
): Promise<Administrator> {
  const { server, clock } = made;
  const author = { at: clock.seconds, actor: "operator", requestId: undefined };
  const id = randomUUID();
  const passwordHash = await hashPassword(password, randomBytes);
  await server.storage.createAdministrator({ id, email, name, passwordHash, isPlatformOwner }, author);
  for (const [accountId, role] of Object.entries(memberships)) {
    await server.storage.setMembership(id, { accountId: Number(accountId), role }, author);
  }
  const cookie = `${cookieName}=${await createSession(made, id)}`;
  const { secret: totpSecret } = await callAs(made, cookie, { method: "POST", path: "/api/totp", body: {} });
  await callAs(made, cookie, { method: "PUT", path: "/api/totp", body: { code: made.nextCode(totpSecret) } });
  return { id, email, totpSecret };
}

type Sent = { readonly method: string; readonly path: string; readonly body: unknown };

async function callAs({ origin }: Made, cookie: string, { method, path, body }: Sent) {
  const headers = {
    cookie,
    "content-type": "application/json",
    "sec-fetch-site": "same-origin",
    "x-biped-console": "1",
  };
  const answer = await fetch(`${origin}${path}`, { method, headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method} ${path} was refused with ${answer.status}`);
  return answer.json();
}

/** RFC 6238 as an authenticator app has it: the secret is what stands on the page. */
function computeTotp(base32Secret: string, step: number): string {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...base32Secret].map((letter) => letters.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac("sha1", key).update(counter).digest();
  const number = mac.readUInt32BE((mac.at(-1) ?? 0) & 0x0f) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
}
