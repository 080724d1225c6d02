import { argon2, createHmac, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { isRefusal, type Refusal, refuse } from "@biped/protocol";
import { openPeppers, type Pepper, type PepperParts } from "../credentials/secret-digest.ts";

const derive = promisify(argon2);

/** argon2id with 19 MiB and two passes, in the PHC string format that names its own parameters. */
const memoryKiB = 19_456;
const passes = 2;
const parallelism = 1;
const saltLength = 16;
const tagLength = 32;

/** More at once would let sign-ins take the memory and the threads that tokens are signed with. */
const hashesAtOnce = 2;
const hashesWaiting = 32;

/** What a hash is keyed with beside the password; its id stands in the hash. */
export type PasswordPepper = { readonly id: string; readonly key: Uint8Array };

/** "right, weaker" is right, and hashed with less than today's parameters or another pepper. */
export type PasswordVerdict = "right" | "right, weaker" | "wrong";

/** Hashes passwords two at a time. Refuses with 503 when too many wait. */
export type Passwords = {
  readonly hash: (password: string) => Promise<string | Refusal>;
  /** Takes the same work where there is no hash. */
  readonly verify: (passwordHash: string | undefined, password: string) => Promise<PasswordVerdict | Refusal>;
};

export async function hashPassword(
  password: string,
  randomBytes: (count: number) => Uint8Array,
  pepper?: PasswordPepper,
): Promise<string> {
  const salt = Buffer.from(randomBytes(saltLength));
  const tag = await deriveTag(password, { memoryKiB, passes, parallelism, salt, tagLength, key: pepper?.key });
  const keyId = pepper === undefined ? "" : `,keyid=${pepper.id}`;
  return `$argon2id$v=19$m=${memoryKiB},t=${passes},p=${parallelism}${keyId}$${encode(salt)}$${encode(tag)}`;
}

/** Opens the peppers of the store; passwords are keyed with keys that are derived from them. */
export async function openPasswords(parts: PepperParts): Promise<Passwords> {
  const peppers = await openPeppers(parts);
  return createPasswords(peppers.map(derivePasswordPepper), parts.randomBytes);
}

/** Another use has another key, so that nothing made with the one helps against the other. */
function derivePasswordPepper({ id, bytes }: Pepper): PasswordPepper {
  return { id, key: createHmac("sha256", bytes).update("biped password pepper").digest() };
}

/** @param peppers The last one is that of new hashes. */
export function createPasswords(
  peppers: readonly PasswordPepper[],
  randomBytes: (count: number) => Uint8Array,
): Passwords {
  const takeTurn = createTurns(hashesAtOnce, hashesWaiting);
  const current = peppers.at(-1);
  const unknown = createUnknownHash(current, randomBytes);
  return {
    hash: (password) => takeTurn(() => hashPassword(password, randomBytes, current)),
    verify: async (passwordHash, password) => {
      const known = passwordHash === undefined ? undefined : parseHash(passwordHash, peppers);
      const hash = known ?? unknown;
      const tag = await takeTurn(() => deriveTag(password, hash));
      if (isRefusal(tag)) return tag;
      const isEqual = timingSafeEqual(tag, hash.tag);
      if (!isEqual || known === undefined) return "wrong";
      return isWeaker(hash, current) ? "right, weaker" : "right";
    },
  };
}

type Parameters = {
  readonly memoryKiB: number;
  readonly passes: number;
  readonly parallelism: number;
  readonly salt: Buffer;
  readonly tagLength: number;
  readonly key: Uint8Array | undefined;
};

type ParsedHash = Parameters & { readonly tag: Buffer };

const form =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})(?:,keyid=([0-9a-f]+))?\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

/** Undefined for a hash of another form, or with a pepper that is not here: no password is right for it. */
function parseHash(text: string, peppers: readonly PasswordPepper[]): ParsedHash | undefined {
  const [found, memory, time, lanes, keyId, salt = "", tagText = ""] = form.exec(text) ?? [];
  const pepper = peppers.find(({ id }) => id === keyId);
  if (found === undefined || (keyId !== undefined && pepper === undefined)) return undefined;
  const tag = Buffer.from(tagText, "base64");
  return {
    memoryKiB: Number(memory),
    passes: Number(time),
    parallelism: Number(lanes),
    salt: Buffer.from(salt, "base64"),
    tagLength: tag.length,
    key: pepper?.key,
    tag,
  };
}

/** Nobody's: what the password of an unknown administrator is compared with. */
function createUnknownHash(pepper: PasswordPepper | undefined, randomBytes: (count: number) => Uint8Array): ParsedHash {
  const [salt, tag] = [Buffer.from(randomBytes(saltLength)), Buffer.from(randomBytes(tagLength))];
  return { memoryKiB, passes, parallelism, salt, tagLength, key: pepper?.key, tag };
}

function isWeaker(hash: ParsedHash, current: PasswordPepper | undefined): boolean {
  return hash.memoryKiB < memoryKiB || hash.passes < passes || hash.key !== current?.key;
}

/** NFKC, so that a password is the same from every keyboard (NIST SP 800-63B §3.1.1.2). It is never cut. */
function deriveTag(password: string, { salt, key, ...parameters }: Parameters): Promise<Buffer> {
  return derive("argon2id", {
    message: password.normalize("NFKC"),
    nonce: salt,
    memory: parameters.memoryKiB,
    passes: parameters.passes,
    parallelism: parameters.parallelism,
    tagLength: parameters.tagLength,
    ...(key === undefined ? {} : { secret: key }),
  });
}

function encode(bytes: Buffer): string {
  return bytes.toString("base64").replaceAll("=", "");
}

/** Runs so many tasks at once, lets so many wait in their order, and refuses the rest. */
export function createTurns(atOnce: number, waiting: number) {
  const queue: (() => void)[] = [];
  let running = 0;
  return async <Value>(task: () => Promise<Value>): Promise<Value | Refusal> => {
    if (running >= atOnce) {
      if (queue.length >= waiting) return refuseBusy();
      // Whoever ends hands its place over, so `running` stays as it is.
      await new Promise<void>((resolve) => queue.push(resolve));
    } else running += 1;
    try {
      return await task();
    } finally {
      const next = queue.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}

function refuseBusy(): Refusal {
  const headers = { "retry-after": "2" };
  return refuse("TEMPORARILY_UNAVAILABLE", "Too many people sign in at once; try again.", "password queue full", {
    headers,
  });
}
