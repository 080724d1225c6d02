import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from "node:crypto";
import { type OpaqueKey, open, rewrap, seal } from "../signing/envelope.ts";
import type { Author, Secret, Storage, Pepper as StoredPepper } from "../storage/storage.ts";

/** The digests of one presented secret, one for each pepper. */
export type PresentedDigests = ReadonlyMap<string, Buffer>;

/** Keyed digests of client secrets. A secret has 256 random bits, so a slow hash would buy nothing. */
export type SecretDigester = {
  readonly digest: (secret: string) => PresentedDigests;
  /** For a secret that is about to be stored. */
  readonly digestForStorage: (secret: string) => Pick<Secret, "digest" | "pepperId">;
};

const noDigest = Buffer.alloc(32);

/** Compares in constant time, also where there is no secret to compare with. */
export function matchesDigest(presented: PresentedDigests, secret: Secret | undefined): boolean {
  const stored = secret === undefined ? noDigest : Buffer.from(secret.digest, "hex");
  const digest = secret === undefined ? undefined : presented.get(secret.pepperId);
  // `presented` always holds a digest, so the comparison is made whether or not one is stored.
  const [fallback = noDigest] = presented.values();
  const equal = stored.length === noDigest.length && timingSafeEqual(digest ?? fallback, stored);
  return equal && digest !== undefined;
}

export type PepperParts = {
  readonly storage: Pick<Storage, "listPeppers" | "addFirstPepper">;
  readonly kek: OpaqueKey;
  readonly randomBytes: (count: number) => Uint8Array;
  readonly author: Author;
};

export type Pepper = { readonly id: string; readonly bytes: Buffer };

/** Oldest first; the first start makes one. @throws Error that names the pepper which does not open. */
export async function openPeppers(parts: PepperParts): Promise<readonly Pepper[]> {
  const peppers = await listOrCreatePeppers(parts);
  return peppers.map((pepper) => ({ id: pepper.id, bytes: openPepper(pepper, parts.kek) }));
}

/** @throws Error that names the pepper which does not open. */
export async function openSecretDigester(parts: PepperParts): Promise<SecretDigester> {
  const peppers = await openPeppers(parts);
  const keys = peppers.map(({ id, bytes }) => ({ id, key: createSecretKey(bytes) }));
  const current = keys.at(-1);
  if (current === undefined) throw new Error("There is no pepper.");
  const digestWith = (key: KeyObject, secret: string): Buffer => createHmac("sha256", key).update(secret).digest();
  return {
    digest: (secret) => new Map(keys.map(({ id, key }) => [id, digestWith(key, secret)])),
    digestForStorage: (secret) => ({
      digest: digestWith(current.key, secret).toString("hex"),
      pepperId: current.id,
    }),
  };
}

async function listOrCreatePeppers({
  storage,
  kek,
  randomBytes,
  author,
}: PepperParts): Promise<readonly StoredPepper[]> {
  const peppers = await storage.listPeppers();
  if (peppers.length > 0) return peppers;
  const id = Buffer.from(randomBytes(8)).toString("hex");
  const sealed = seal(randomBytes(32), formatContext({ id }), kek);
  await storage.addFirstPepper({ id, sealed, createdAt: author.at }, author);
  return storage.listPeppers();
}

function openPepper(pepper: StoredPepper, kek: OpaqueKey): Buffer {
  return openEnvelope(pepper, () => open(pepper.sealed, formatContext(pepper), kek));
}

/** The same envelope under the KEK instead of a former one; undefined where it is so already. */
export function rewrapPepper(pepper: StoredPepper, kek: OpaqueKey): string | undefined {
  return openEnvelope(pepper, () => rewrap(pepper.sealed, formatContext(pepper), kek));
}

function formatContext({ id }: Pick<StoredPepper, "id">) {
  return { use: "pepper", id };
}

function openEnvelope<Result>({ id }: StoredPepper, work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : "unknown cause";
    throw new Error(`Pepper ${id} cannot be opened: ${why}.`, { cause });
  }
}
