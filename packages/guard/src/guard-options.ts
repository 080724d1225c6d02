import {
  defaultScopes,
  isSigningAlgorithm,
  longestClockToleranceSeconds,
  paths,
  type ScopeCatalogue,
  type SigningAlgorithm,
  signingAlgorithms,
} from "@biped/protocol";
import type { Fetch } from "./fetch-document.ts";
import type { RevocationRules } from "./revocations.ts";

/** What a guard fetches from the issuer. */
export type GuardDocument = "key set" | "metadata" | "revocations";

export type GuardEvent =
  | { readonly kind: "document-loaded"; readonly document: GuardDocument }
  | { readonly kind: "document-failed"; readonly document: GuardDocument; readonly reason: string }
  | { readonly kind: "key-ignored"; readonly reason: string }
  | { readonly kind: "refused"; readonly errorCode: string; readonly reason: string };

export type GuardOptions = {
  /** The authorization server, exactly as it stands in `iss`. */
  readonly issuer: string;
  /** The base URL of the cloud that this API serves, exactly as it stands in `aud`. */
  readonly endpoint: string;
  /** Where the issuer's keys are; by default below the issuer. No token can change it. */
  readonly keySetUrl?: string;
  /** `sandbox` lets the issuer be on plain http, on this machine, or an emulator. */
  readonly mode?: "production" | "sandbox";
  /** How far clocks may differ: 30 by default, 0 in the sandbox, at most 120. */
  readonly clockToleranceSeconds?: number;
  /** Algorithms whose keys are used; all three by default. */
  readonly algorithms?: readonly SigningAlgorithm[];
  /** Which scopes are exclusive; by default the catalogue that the server starts with. */
  readonly scopes?: ScopeCatalogue;
  /** Remembers good tokens for up to a minute. Off by default. */
  readonly cache?: { readonly maxEntries: number };
  /**
   * Whether revocations are followed, and what to do where they were not heard of for longer than the bound: go on
   * (`open`, the default), or accept no token (`closed`). The bound is 30 seconds by default, 5 to 3600.
   */
  readonly revocations?: "off" | Partial<RevocationRules>;
  /** Told of keys, failures and refusals; never of a token. */
  readonly onEvent?: (event: GuardEvent) => void;
  readonly fetch?: Fetch;
  /** The wall clock, in epoch seconds. */
  readonly nowSeconds?: () => number;
  /** A clock that only grows, for renewals and time limits. */
  readonly monotonicSeconds?: () => number;
  /** From 0 to 1; spreads the renewals of many guards. */
  readonly random?: () => number;
};

export type GuardSettings = {
  readonly issuer: string;
  readonly endpoint: string;
  readonly keySetUrl: string;
  readonly metadataUrl: string;
  readonly clockToleranceSeconds: number;
  readonly algorithms: readonly SigningAlgorithm[];
  readonly scopes: ScopeCatalogue;
  readonly maxCacheEntries: number;
  readonly revocations: "off" | RevocationRules;
  readonly onEvent: (event: GuardEvent) => void;
  readonly fetch: Fetch;
  readonly nowSeconds: () => number;
  readonly monotonicSeconds: () => number;
  readonly random: () => number;
};

/** Throws one error that names every mistake: a guard that is set up wrongly must not start. */
export function readGuardOptions(options: GuardOptions): GuardSettings {
  const mistakes = [
    ...findUnknownOptions(options),
    ...findUrlMistakes(options),
    ...findNumberMistakes(options),
    ...findRevocationMistakes(options),
    ...findListMistakes(options),
  ];
  if (mistakes.length > 0) throw new TypeError(`The guard's options are wrong: ${mistakes.join("; ")}.`);
  const { issuer, endpoint } = options;
  return {
    issuer,
    endpoint,
    keySetUrl: options.keySetUrl ?? `${issuer}${paths.keySet}`,
    metadataUrl: `${issuer}${paths.metadata}`,
    clockToleranceSeconds: options.clockToleranceSeconds ?? (options.mode === "sandbox" ? 0 : 30),
    algorithms: options.algorithms ?? signingAlgorithms,
    scopes: options.scopes ?? defaultScopes,
    maxCacheEntries: options.cache?.maxEntries ?? 0,
    revocations: readRevocationRules(options),
    onEvent: options.onEvent ?? (() => {}),
    fetch: options.fetch ?? ((url, init) => globalThis.fetch(url, init)),
    nowSeconds: options.nowSeconds ?? (() => Date.now() / 1000),
    monotonicSeconds: options.monotonicSeconds ?? (() => performance.now() / 1000),
    random: options.random ?? Math.random,
  };
}

function readRevocationRules({ revocations = {} }: GuardOptions): "off" | RevocationRules {
  if (revocations === "off") return "off";
  const { mode = "open", maxStalenessSeconds = 30 } = revocations;
  return { mode, maxStalenessSeconds };
}

const known: Readonly<Record<keyof GuardOptions, true> & Partial<Record<string, unknown>>> = {
  issuer: true,
  endpoint: true,
  keySetUrl: true,
  mode: true,
  clockToleranceSeconds: true,
  algorithms: true,
  scopes: true,
  cache: true,
  revocations: true,
  onEvent: true,
  fetch: true,
  nowSeconds: true,
  monotonicSeconds: true,
  random: true,
};

function findUnknownOptions(options: GuardOptions): readonly string[] {
  const mistakes = Object.keys(options)
    .filter((name) => known[name] !== true)
    .map((name) => `${name} is not an option`);
  const { mode } = options;
  if (mode !== undefined && mode !== "production" && mode !== "sandbox")
    mistakes.push("mode must be production or sandbox");
  return mistakes;
}

function findUrlMistakes({ issuer, endpoint, keySetUrl, mode }: GuardOptions): readonly string[] {
  const mistakes: string[] = [];
  if (!isBaseUrl(issuer)) mistakes.push("issuer must be an http(s) URL without query, fragment and trailing slash");
  else if (mode !== "sandbox") mistakes.push(...findUntrusted("issuer", new URL(issuer)));
  if (!isBaseUrl(endpoint) || new URL(endpoint).origin !== endpoint) {
    mistakes.push("endpoint must be an http(s) URL without path and trailing slash");
  }
  if (keySetUrl === undefined) return mistakes;
  if (!URL.canParse(keySetUrl) || !/^https?:$/.test(new URL(keySetUrl).protocol)) {
    mistakes.push("keySetUrl must be an http(s) URL");
  } else if (mode !== "sandbox") mistakes.push(...findUntrusted("keySetUrl", new URL(keySetUrl)));
  return mistakes;
}

function isBaseUrl(text: unknown): text is string {
  if (typeof text !== "string" || !URL.canParse(text) || /[?#\s]|\/$/.test(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username === "" && password === "";
}

/** Whoever can reach this machine, or the wire, could mint tokens that such an issuer seems to have signed. */
function findUntrusted(name: string, url: URL): readonly string[] {
  const mistakes: string[] = [];
  if (url.protocol !== "https:") mistakes.push(`${name} must be https in production mode`);
  if (isLoopback(url.hostname)) mistakes.push(`${name} must not be on loopback in production mode`);
  if (/\/emulator\/*$/i.test(url.pathname)) mistakes.push(`${name} must not be an emulator in production mode`);
  return mistakes;
}

/** `URL` has already turned every other spelling of an address, such as 127.1 or 0x7f000001, into the plain one. */
function isLoopback(hostname: string): boolean {
  const name = hostname.replace(/\.$/, "").toLowerCase();
  if (name === "localhost" || name.endsWith(".localhost")) return true;
  return /^(?:127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[::1?\]|\[::ffff:7f[0-9a-f]{2}:[0-9a-f]+\]|\[::ffff:0:0\])$/.test(name);
}

function findNumberMistakes({ clockToleranceSeconds, cache }: GuardOptions): readonly string[] {
  const mistakes: string[] = [];
  if (clockToleranceSeconds !== undefined && !isWithin(clockToleranceSeconds, 0, longestClockToleranceSeconds)) {
    mistakes.push(`clockToleranceSeconds must be a number from 0 to ${longestClockToleranceSeconds}`);
  }
  if (cache !== undefined && !(Number.isInteger(cache.maxEntries) && isWithin(cache.maxEntries, 1, 1_000_000))) {
    mistakes.push("cache.maxEntries must be an integer from 1 to 1000000");
  }
  return mistakes;
}

function isWithin(value: unknown, low: number, high: number): boolean {
  return typeof value === "number" && value >= low && value <= high;
}

function findRevocationMistakes({ revocations }: GuardOptions): readonly string[] {
  if (revocations === undefined || revocations === "off") return [];
  if (typeof revocations !== "object" || revocations === null) return ["revocations must be off or an object"];
  const { mode, maxStalenessSeconds, ...others } = revocations;
  const mistakes = Object.keys(others).map((name) => `revocations.${name} is not an option`);
  if (mode !== undefined && mode !== "open" && mode !== "closed")
    mistakes.push("revocations.mode must be open or closed");
  if (maxStalenessSeconds !== undefined && !isWithin(maxStalenessSeconds, 5, 3600)) {
    mistakes.push("revocations.maxStalenessSeconds must be a number from 5 to 3600");
  }
  return mistakes;
}

function findListMistakes({ algorithms, scopes, ...hooks }: GuardOptions): readonly string[] {
  const mistakes: string[] = [];
  if (
    algorithms !== undefined &&
    !(Array.isArray(algorithms) && algorithms.length > 0 && algorithms.every(isSigningAlgorithm))
  ) {
    mistakes.push(`algorithms must be a list of ${signingAlgorithms.join(", ")}`);
  }
  if (scopes !== undefined && !(scopes instanceof Map)) mistakes.push("scopes must be a Map of scope definitions");
  for (const name of ["onEvent", "fetch", "nowSeconds", "monotonicSeconds", "random"] as const) {
    if (hooks[name] !== undefined && typeof hooks[name] !== "function") mistakes.push(`${name} must be a function`);
  }
  return mistakes;
}
