/** Signing in as browsers and programs see it: the management API's own routes on a fresh storage, with a clock to move. */

import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Answer, HttpRequest } from "@biped/listener";
import { isRefusal, type Refusal } from "@biped/protocol";
import { openSetup } from "../apps/authorization-server/src/administrators/first-run.ts";
import {
  createIdentifyCaller,
  type IdentifyCaller,
} from "../apps/authorization-server/src/administrators/identify-caller.ts";
import { openPasswords, type Passwords } from "../apps/authorization-server/src/administrators/password.ts";
import { createSessionHandlers } from "../apps/authorization-server/src/administrators/session-handlers.ts";
import { digestText } from "../apps/authorization-server/src/administrators/token-digest.ts";
import { createUuid } from "../apps/authorization-server/src/management/uuid.ts";
import type { Handlers } from "../apps/authorization-server/src/management-api/handlers.ts";
import { createManagementRoutes } from "../apps/authorization-server/src/management-api/routes.ts";
import { createKeyEncryptionKey } from "../apps/authorization-server/src/signing/envelope.ts";
import { migrateStorage, openStorage } from "../apps/authorization-server/src/storage/open-storage.ts";
import type { Author, Storage } from "../apps/authorization-server/src/storage/storage.ts";
import { createSecret } from "../packages/protocol/src/secret-format.ts";
import { createPostgresDatabase } from "./postgres-database.ts";

export const consoleUrl = "http://localhost:4010";
export const password = "a quiet walk along the harbour";

export type ConsoleOptions = {
  readonly engine?: "sqlite" | "postgres";
  readonly secondFactor?: "required" | "optional";
};

export type Call = {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly authorization?: readonly string[];
  readonly source?: string;
};

/** Of a refusal too: what would be sent. */
export type Answered = {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever was answered.
  readonly body: any;
  readonly headers: Readonly<Record<string, string>>;
};

export type Console = {
  readonly storage: Storage;
  readonly passwords: Passwords;
  readonly clock: { seconds: number };
  readonly call: (wanted: Call) => Promise<Answered>;
  readonly identifyCaller: IdentifyCaller;
  readonly author: () => Author;
  readonly openSetup: () => Promise<{ readonly token: string } | undefined>;
  /** An enabled platform owner with the password above, unless it says otherwise. Answers the id. */
  readonly addAdministrator: (email: string, further?: { isPlatformOwner?: boolean }) => Promise<string>;
  /** Answers the token. */
  readonly invite: (email: string) => Promise<string>;
  readonly stop: () => Promise<void>;
};

export async function startConsole({
  engine = "sqlite",
  secondFactor = "required",
}: ConsoleOptions = {}): Promise<Console> {
  const directory = await mkdtemp(join(tmpdir(), "biped-sign-in-"));
  const url = engine === "sqlite" ? `sqlite:${join(directory, "server.db")}` : await createPostgresDatabase();
  await migrateStorage(url);
  const storage = await openStorage(url);
  const kek = createKeyEncryptionKey(randomBytes(32));
  const clock = { seconds: 1_800_000_000 };
  const nowSeconds = () => clock.seconds;
  const author = () => ({ at: clock.seconds, actor: "operator", requestId: undefined });
  const passwords = await openPasswords({ storage, kek, randomBytes, author: author() });
  const parts = {
    storage,
    kek,
    passwords,
    nowSeconds,
    monotonicSeconds: nowSeconds,
    randomBytes,
    consoleUrl,
    issuer: "http://127.0.0.1:4000",
    isSandbox: false,
    secondFactor,
    sso: undefined,
  };
  const identifyCaller = createIdentifyCaller(parts);
  const handlers = createSessionHandlers(parts) as Handlers;
  const routes = createManagementRoutes({ handlers, identifyCaller, storage, nowSeconds });
  const call = async (wanted: Call): Promise<Answered> => {
    const { endpoint, params } = findEndpoint(routes, wanted);
    return readAnswer(await endpoint(createRequest(wanted, params)));
  };
  return {
    storage,
    passwords,
    clock,
    call,
    identifyCaller,
    author,
    openSetup: () => openSetup({ storage, nowSeconds, randomBytes }),
    addAdministrator: async (email, further = {}) => {
      const id = createUuid(randomBytes);
      const passwordHash = await passwords.hash(password);
      if (isRefusal(passwordHash)) throw new Error(passwordHash.description);
      const administrator = { id, email, name: "Vera Lind", passwordHash, isPlatformOwner: true, ...further };
      await storage.createAdministrator(administrator, author());
      return id;
    },
    invite: async (email) => {
      const token = createSecret("invite", randomBytes);
      const administrator = { email, name: "", passwordHash: undefined, isPlatformOwner: true };
      const invitation = { digest: digestText(token), expiresAt: clock.seconds + 7 * 86_400 };
      const ids = [createUuid(randomBytes), createUuid(randomBytes)] as const;
      const invited = {
        administrator: { ...administrator, id: ids[0] },
        invitation: { ...invitation, id: ids[1] },
        membership: undefined,
      };
      await storage.inviteAdministrator(invited, author());
      return token;
    },
    stop: async () => {
      await storage.close();
      await rm(directory, { recursive: true });
    },
  };
}

/** What a browser does beside showing: it keeps one cookie, and its pages send the console's headers. */
export function createBrowser(console: Pick<Console, "call">, source = "192.0.2.7") {
  const jar = { cookie: "" };
  const call = async (method: string, path: string, body?: unknown): Promise<Answered> => {
    const sent = body === undefined ? {} : { body };
    const headers = { ...consoleHeaders, cookie: jar.cookie === "" ? undefined : jar.cookie };
    const answered = await console.call({ method, path, ...sent, headers, source });
    const set = answered.headers["set-cookie"];
    if (set !== undefined) jar.cookie = set.includes("Max-Age=0") ? "" : (set.split(";", 1)[0] ?? "");
    return answered;
  };
  return {
    jar,
    call,
    get: (path: string) => call("GET", path),
    post: (path: string, body: unknown = {}) => call("POST", path, body),
    put: (path: string, body: unknown) => call("PUT", path, body),
    delete: (path: string) => call("DELETE", path),
    signIn: (email: string, typed = password) => call("POST", "/api/session", { email, password: typed }),
  };
}

export type Browser = ReturnType<typeof createBrowser>;

export const consoleHeaders = { "sec-fetch-site": "same-origin", "x-biped-console": "1", host: "localhost:4010" };

type Routes = ReturnType<typeof createManagementRoutes>;

function findEndpoint(routes: Routes, { method, path }: Call) {
  const [plain = ""] = path.split("?");
  const segments = plain.split("/");
  const matches = (pattern: string): boolean => {
    const parts = pattern.split("/");
    return parts.length === segments.length && parts.every((part, at) => part.startsWith(":") || part === segments[at]);
  };
  const pattern = Object.hasOwn(routes, plain) ? plain : Object.keys(routes).find(matches);
  const endpoint = routes[pattern ?? ""]?.[method as "GET"];
  if (pattern === undefined || endpoint === undefined) throw new Error(`There is no ${method} ${path}.`);
  const named = pattern
    .split("/")
    .map((part, at) => [part.slice(1), segments[at] ?? "", part.startsWith(":")] as const);
  return { endpoint, params: new Map(named.filter(([, , is]) => is).map(([name, value]) => [name, value])) };
}

let requests = 0;

export function createRequest(call: Call, params: ReadonlyMap<string, string> = new Map()): HttpRequest {
  const headers = { ...call.headers };
  const contentType =
    "content-type" in headers ? headers["content-type"] : call.body === undefined ? undefined : "application/json";
  requests += 1;
  const [path = "", query = ""] = call.path.split("?");
  return {
    id: `request-${requests}`,
    method: call.method,
    path,
    query,
    params,
    authorization: call.authorization ?? [],
    contentType,
    ifNoneMatch: undefined,
    header: (name) => headers[name],
    body: call.body === undefined ? new Uint8Array(0) : Buffer.from(JSON.stringify(call.body)),
    source: call.source ?? "192.0.2.7",
    peer: () => "192.0.2.7",
  };
}

export function readAnswer(outcome: Answer | Refusal): Answered {
  if (!isRefusal(outcome)) return { status: outcome.status, body: outcome.body, headers: outcome.headers ?? {} };
  const { status, code, description, headers, members } = outcome;
  return { status, body: { errorCode: code, errorMessage: description, ...members }, headers };
}
