/** The management API of a started server: people and programs of every kind, and calls as they make them. */

import { randomBytes, randomUUID } from "node:crypto";
import type { Noun, OperationName, Role } from "@biped/management-client";
import { type Operation, operations } from "@biped/management-client/contract";
import { createSecret } from "@biped/protocol";
import { digestText } from "../apps/authorization-server/src/administrators/token-digest.ts";
import { type Engine, type StartedServer, startServer } from "./started-server.ts";

const consoleUrl = "http://localhost:4010";
const consoleHeaders = { "sec-fetch-site": "same-origin", "x-biped-console": "1" };

export type Principal = {
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What it holds that nobody else may see. */
  readonly secrets: readonly string[];
  readonly administratorId: string | undefined;
};

export type Sent = {
  readonly params?: Readonly<Record<string, string | number>>;
  readonly query?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

export type Called = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever was answered.
  readonly body: any;
};

export type StartedManagement = StartedServer & {
  readonly call: (by: Principal, name: OperationName, sent?: Sent) => Promise<Called>;
  readonly addAdministrator: (person: Person) => Promise<string>;
  /** A session of the console, as a browser holds it. */
  readonly signIn: (name: string, administratorId: string, provedSecondsAgo?: number) => Promise<Principal>;
  readonly makeAccessToken: (name: string, token: NewToken) => Promise<Principal>;
};

type Person = {
  readonly email: string;
  readonly isPlatformOwner?: boolean;
  readonly memberships?: Readonly<Record<number, Role>>;
  readonly secondFactor?: "totp" | "none";
};

type NewToken = {
  readonly administratorId: string;
  readonly scopes: readonly ("read" | Noun)[];
  readonly accountId?: number;
};

export const anonymous: Principal = { name: "anonymous", headers: {}, secrets: [], administratorId: undefined };

export async function startManagement(engine: Engine): Promise<StartedManagement> {
  const settings = { BIPED_SIGNING_ALG: "Ed25519", BIPED_CONSOLE_URL: consoleUrl, BIPED_ENDPOINT_HOSTS: "example.com" };
  const started = await startServer(engine, settings, "live");
  const { adminUrl, clock, server } = started;
  const author = () => ({ at: clock.seconds, actor: "operator", requestId: undefined });
  return {
    ...started,
    call: (by, name, sent = {}) => call(adminUrl, { by, name, sent }),
    addAdministrator: (person) => addAdministrator(server.storage, person, author()),
    signIn: async (name, administratorId, provedSecondsAgo = 0) => {
      const cookie = createSecret("session", randomBytes);
      const at = clock.seconds;
      const session = {
        digest: digestText(cookie),
        administratorId,
        state: "complete",
        createdAt: at,
        lastSeenAt: at,
        expiresAt: at + 43_200,
        steppedUpAt: at - provedSecondsAgo,
        failures: 0,
        source: "127.0.0.1",
        userAgent: "test",
      } as const;
      await server.storage.createSession(session, author());
      const headers = { cookie: `__Host-biped-session=${cookie}`, ...consoleHeaders };
      return { name, administratorId, headers, secrets: [cookie, digestText(cookie)] };
    },
    makeAccessToken: async (name, { administratorId, scopes, accountId }) => {
      const token = createSecret("admin", randomBytes);
      const digest = digestText(token);
      const expiresAt = clock.seconds + 86_400;
      const made = { id: randomUUID(), administratorId, name, digest, scopes, accountId, expiresAt };
      await server.storage.createAccessToken(made, author());
      return { name, administratorId, headers: { authorization: `Bearer ${token}` }, secrets: [token, digest] };
    },
  };
}

type Author = Parameters<StartedServer["server"]["storage"]["createAdministrator"]>[1];

export async function addAdministrator(
  storage: StartedServer["server"]["storage"],
  { email, isPlatformOwner = false, memberships = {}, secondFactor = "totp" }: Person,
  author: Author,
): Promise<string> {
  const id = randomUUID();
  const passwordHash = `$argon2id$v=19$m=19456,t=2,p=1$${"c2FsdA".repeat(2)}$${randomBytes(32).toString("base64url")}`;
  await storage.createAdministrator({ id, email, name: email, passwordHash, isPlatformOwner }, author);
  for (const [accountId, role] of Object.entries(memberships)) {
    await storage.setMembership(id, { accountId: Number(accountId), role }, author);
  }
  if (secondFactor === "totp") {
    await storage.beginTotp(id, `sealed-${randomBytes(16).toString("hex")}`);
    await storage.confirmTotp(id, 1, author);
  }
  return id;
}

async function call(
  url: string,
  { by, name, sent }: { readonly by: Principal; readonly name: OperationName; readonly sent: Sent },
): Promise<Called> {
  const operation: Operation = operations[name];
  const [method = "", pattern = ""] = name.split(" ");
  const path = pattern.replace(/:(\w+)/g, (_, param: string) =>
    encodeURIComponent(String(sent.params?.[param] ?? "x")),
  );
  const body = sent.body ?? (operation.body === undefined ? undefined : {});
  const answer = await fetch(`${url}${path}${sent.query === undefined ? "" : `?${sent.query}`}`, {
    method,
    headers: { ...by.headers, ...(body === undefined ? {} : { "content-type": "application/json" }), ...sent.headers },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  const isJson = answer.headers.get("content-type")?.startsWith("application/json;") === true;
  return { status: answer.status, headers: answer.headers, text, body: isJson ? JSON.parse(text) : undefined };
}
