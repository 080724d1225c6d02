/** The console on a real server that asks for second factors, and people who sign in to it in a browser. */

import { randomBytes, randomUUID } from "node:crypto";
import { join } from "node:path";
import { hashPassword } from "@biped/authorization-server";
import { createManagementClient, type ManagementClient, type Role } from "@biped/management-client";
import { createSecret } from "@biped/protocol";
import type { Browser, BrowserContext } from "playwright-core";
import { digestText } from "../apps/authorization-server/src/administrators/token-digest.ts";
import { buildConsole } from "../scripts/console.mjs";
import { computeTotp, stepSeconds } from "./authenticator-app.ts";
import { type OpenedPage, openPage } from "./browser.ts";
import { type StartedServer, startServer } from "./started-server.ts";

export const password = "a quiet walk along the harbour";

export type ConsoleServer = StartedServer & {
  readonly origin: string;
  readonly addAdministrator: (person: Person) => Promise<Administrator>;
  readonly signIn: (context: BrowserContext, administrator: Administrator) => Promise<void>;
  /** A page of its own for somebody who is signed in, or for nobody. */
  readonly open: (browser: Browser, administrator?: Administrator) => Promise<OpenedPage>;
  /** The management API as somebody who has just proved who they are. */
  readonly call: (administrator: Administrator) => Promise<ManagementClient>;
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
    call: async ({ id }) => createClient(made, await createSession(made, id)),
    signIn,
    open: async (browser, administrator) => {
      const opened = await openPage(browser, { origin, nowSeconds: started.clock.seconds });
      if (administrator !== undefined) await signIn(opened.context, administrator);
      return opened;
    },
  };
}

const cookieName = "__Host-biped-session";

type Made = Omit<ConsoleServer, "addAdministrator" | "signIn" | "open" | "call">;

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
  const client = createClient(made, await createSession(made, id));
  const { secret: totpSecret } = await client.call("POST /api/totp", { body: {} });
  await client.call("PUT /api/totp", { body: { code: made.nextCode(totpSecret) } });
  return { id, email, totpSecret };
}

function createClient({ origin }: Made, session: string): ManagementClient {
  const cookie = `${cookieName}=${session}`;
  const headers = { cookie, "sec-fetch-site": "same-origin", "x-biped-console": "1" };
  return createManagementClient({ baseUrl: origin, fetch, headers });
}
