import type { SigningAlgorithm } from "@biped/protocol";
import type { Unacceptable } from "./fetch-document.ts";
import { parseJsonObject } from "./json-object.ts";
import { isKeyId, type PublicKey, parsePublicKey } from "./public-key.ts";
import type { Verifier, VerifierKey } from "./verifier.ts";

const maxKeys = 20;

export type KeySet = {
  readonly keys: ReadonlyMap<string, ImportedKey>;
  /** Header segments of tokens that had a good signature and type: parsed once, not once a token. */
  readonly knownHeaders: Map<string, VerifierKey>;
};

type ImportedKey = { readonly key: VerifierKey; readonly material: string };

export type KeySetRules = {
  readonly algorithms: readonly SigningAlgorithm[];
  readonly verifier: Verifier;
  readonly onIgnoredKey: (reason: string) => void;
};

/**
 * RFC 7517 §5. What cannot be used is ignored, one by one; a set of which nothing can be used is not accepted.
 * Answers `previous` itself where nothing changed, and never imports a key twice.
 */
export async function parseKeySet(
  text: string,
  previous: KeySet | undefined,
  rules: KeySetRules,
): Promise<KeySet | Unacceptable> {
  const entries = parseJsonObject(text)?.keys;
  if (!Array.isArray(entries)) return { unacceptable: "not a key set" };
  if (entries.length > maxKeys) return { unacceptable: `more than ${maxKeys} keys` };
  const keys = new Map<string, ImportedKey>();
  for (const candidate of selectKeys(entries, rules)) {
    const imported = await importOnce(candidate, previous, rules.verifier);
    if (imported === undefined) rules.onIgnoredKey("the platform refuses the key");
    else keys.set(candidate.kid, imported);
  }
  if (keys.size === 0) return { unacceptable: "no usable key" };
  if (previous !== undefined && isSame(keys, previous.keys)) return previous;
  return { keys, knownHeaders: new Map() };
}

/** Of two keys with one kid neither is used, because nothing says which of them is meant. */
function selectKeys(entries: readonly unknown[], rules: KeySetRules): readonly PublicKey[] {
  const kids = entries.map((entry) => (typeof entry === "object" && entry !== null && "kid" in entry ? entry.kid : ""));
  const selected: PublicKey[] = [];
  for (const entry of entries) {
    const key = parsePublicKey(entry, rules.algorithms);
    if ("unusable" in key) rules.onIgnoredKey(key.unusable);
    else if (kids.filter((kid) => kid === key.kid).length > 1) rules.onIgnoredKey("a repeated kid");
    else selected.push(key);
  }
  return selected;
}

async function importOnce(
  candidate: PublicKey,
  previous: KeySet | undefined,
  verifier: Verifier,
): Promise<ImportedKey | undefined> {
  const material = JSON.stringify(candidate);
  const known = previous?.keys.get(candidate.kid);
  if (known?.material === material) return known;
  const key = await verifier.importKey(candidate);
  return key === undefined ? undefined : { key, material };
}

function isSame(keys: ReadonlyMap<string, ImportedKey>, others: ReadonlyMap<string, ImportedKey>): boolean {
  return keys.size === others.size && [...keys].every(([kid, key]) => others.get(kid) === key);
}

/** A kid that does not have the form of one never becomes the key of a Map, nor anything else. */
export function findKey(keySet: KeySet, kid: unknown): VerifierKey | undefined {
  return isKeyId(kid) ? keySet.keys.get(kid)?.key : undefined;
}

const maxKnownHeaders = 64;

export function rememberHeader(keySet: KeySet, header: string, key: VerifierKey): void {
  if (keySet.knownHeaders.size < maxKnownHeaders) keySet.knownHeaders.set(header, key);
}
