import type { JSONWebKeySet, JWK } from "jose";
import { CommandError, createUsageError } from "../command-error.ts";
import { exitCodes } from "../exit-codes.ts";
import { isJsonObject, type JsonObject, parseJson } from "../json.ts";

/** What an authentication service publishes about itself (RFC 8414) and its keys (RFC 7517). */
export type Issuer = {
  readonly issuer: string;
  readonly keys: readonly JWK[];
  /** Audiences of its tokens; undefined where the service does not list them. */
  readonly cloudEndpoints: readonly string[] | undefined;
};

type Surroundings = { readonly fetch: typeof globalThis.fetch; readonly signal: AbortSignal };

const answerLimitBytes = 1_048_576;
const timeoutMilliseconds = 10_000;

/** Asks the service at this address and no other: nothing that a token says decides where its keys come from. */
export async function readIssuer(authUrl: string, surroundings: Surroundings): Promise<Issuer> {
  const base = parseAuthUrl(authUrl);
  const path = base.pathname.replace(/\/$/, "");
  // RFC 8414 §3.1: the well-known part stands before the issuer's own path.
  const metadata = await readDocument(new URL(`/.well-known/oauth-authorization-server${path}`, base), surroundings);
  const { issuer, jwks_uri, cloud_endpoints } = metadata;
  if (typeof issuer !== "string" || typeof jwks_uri !== "string" || !URL.canParse(jwks_uri)) {
    throw createNoMetadataError("its metadata lacks issuer or jwks_uri");
  }
  const place = new URL(jwks_uri);
  if (!isSafeWith(place, base)) throw createNoMetadataError("its metadata names keys at an address that is not https");
  const keySet = await readDocument(place, surroundings);
  if (!isKeySet(keySet)) throw createNoMetadataError("what it publishes as keys is no key set");
  const isList = Array.isArray(cloud_endpoints) && cloud_endpoints.every((endpoint) => typeof endpoint === "string");
  return { issuer, keys: keySet.keys, cloudEndpoints: isList ? cloud_endpoints : undefined };
}

/** @throws {CommandError} the address is no URL, or not https on another machine than this. */
export function parseAuthUrl(authUrl: string): URL {
  return parseServiceUrl("The auth URL", authUrl.replace(/(?:\/v1\/oauth\/token)?\/?$/, ""));
}

/** @param name Begins the sentence that tells what is wrong. */
export function parseServiceUrl(name: string, text: string): URL {
  if (!URL.canParse(text)) throw createUsageError(`${name} must be a URL, such as https://auth.example.com`);
  const url = new URL(text);
  // No message repeats such a URL: there may be a password in it.
  if (url.username !== "" || url.password !== "" || /[?#]/.test(text)) {
    throw createUsageError(`${name} must be a URL without password, query or fragment`);
  }
  if (url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname))) return url;
  throw createUsageError(`${name} must be https, except on this machine`);
}

function isLoopback(hostname: string): boolean {
  return /^(?:.+\.)?localhost$|^127(?:\.\d+){3}$|^\[::1\]$/.test(hostname);
}

function isSafeWith(place: URL, base: URL): boolean {
  const isLocal = isLoopback(place.hostname) && isLoopback(base.hostname);
  return place.protocol === "https:" || (place.protocol === "http:" && isLocal);
}

async function readDocument(place: URL, { fetch, signal }: Surroundings): Promise<JsonObject> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMilliseconds)]);
  const headers = { accept: "application/json", "accept-encoding": "identity" };
  const { status, text } = await fetch(place, { headers, redirect: "manual", signal: limit }).then(
    async (answer) => ({ status: answer.status, text: await readText(answer) }),
    (error: unknown) => {
      signal.throwIfAborted();
      throw createUnreachableError(place, error);
    },
  );
  if (status >= 500 || status === 429) throw createUnreachableError(place, new Error(`it answers ${status}`));
  const document = status === 200 ? parseJson(text) : undefined;
  if (!isJsonObject(document)) throw createNoMetadataError(`${place.pathname} answers ${status}`);
  return document;
}

async function readText(answer: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body ?? []) {
    size += chunk.length;
    if (size > answerLimitBytes) return "";
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function isKeySet(value: JsonObject): value is JSONWebKeySet & JsonObject {
  return Array.isArray(value.keys) && value.keys.every((key) => isJsonObject(key) && typeof key.kty === "string");
}

function createNoMetadataError(why: string): CommandError {
  return new CommandError(`This service does not publish metadata and keys: ${why}`, {
    exitCode: exitCodes.notOauth,
    code: "NO_METADATA",
    next: "Tokens of such a service can be checked by the service alone.",
  });
}

function createUnreachableError(place: URL, error: unknown): CommandError {
  return new CommandError(`${place.origin} cannot be reached: ${describeFailure(error)}`, {
    exitCode: exitCodes.unreachable,
    code: "CONNECTION_FAILED",
    next: "Check the address and the network, or find the cause with: biped doctor",
  });
}

/** What undici wraps is what the user wants to know: "fetch failed" tells nothing. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return "it failed";
  if (error.name === "TimeoutError") return "no answer in time";
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  return cause.message || ("code" in cause ? String(cause.code) : error.message);
}
