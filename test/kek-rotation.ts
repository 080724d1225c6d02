/** K-04: a rotation of the key-encryption key that is killed wherever it is leaves every envelope readable. */

import { spawn } from "node:child_process";
import { createHash, randomBytes, randomInt, randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createKeyEncryptionKeyFile, migrateStorage, readKeyEncryptionKeyFile } from "@biped/authorization-server";
import { expect } from "vitest";
import { sealTotpSecret } from "../apps/authorization-server/src/administrators/second-factors.ts";
import { openPeppers } from "../apps/authorization-server/src/credentials/secret-digest.ts";
import type { KeyEncryptionKey } from "../apps/authorization-server/src/signing/envelope.ts";
import {
  rewrapSealed,
  rotateKeyEncryptionKey,
} from "../apps/authorization-server/src/signing/rotate-key-encryption-key.ts";
import { createSigningKey } from "../apps/authorization-server/src/signing/signing-key.ts";
import { openStorage } from "../apps/authorization-server/src/storage/open-storage.ts";
import type { Sealed, Storage } from "../apps/authorization-server/src/storage/storage.ts";
import type { KekProgramWords } from "./kek-program.ts";
import { createPostgresDatabase } from "./postgres-database.ts";
import type { Engine } from "./started-server.ts";

const author = { at: 1_800_000_000, actor: "operator", requestId: undefined };
const people = 20;
/** Several rotations of these, of which the kill meets one. */
const longestMilliseconds = 150;

export async function proveKilledRotations(engine: Engine, kills: number) {
  const seed = Number(process.env.BIPED_SEED ?? randomInt(0x7fffffff));
  console.log(`K-04 on ${engine}: ${kills} kills, seed ${seed}; BIPED_SEED=${seed} replays the moments`);
  const directory = await mkdtemp(join(tmpdir(), "biped-kek-rotation-"));
  const files = [join(directory, "kek-1"), join(directory, "kek-2")] as const;
  for (const file of files) createKeyEncryptionKeyFile(file, randomBytes(32));
  const [one, two] = [readKeyEncryptionKeyFile(files[0]), readKeyEncryptionKeyFile(files[1])];
  const url = engine === "postgres" ? await createPostgresDatabase() : `sqlite:${join(directory, "store.db")}`;
  await migrateStorage(url);
  await inStorage(url, (storage) => fill(storage, one));
  const seen = { kills: 0, underFirst: 0, underSecond: 0 };
  try {
    for (; seen.kills < kills; seen.kills += 1) {
      await killWhileRotating([url, ...files], pick(seed, seen.kills) * longestMilliseconds);
      const ids = await inStorage(url, (storage) => readAll(storage, { ...one, former: two }));
      // One transaction: never some under the one key and some under the other.
      expect(ids.size).toBe(1);
      seen[ids.has(one.id) ? "underFirst" : "underSecond"] += 1;
    }
    await inStorage(url, async (storage) => {
      await rotateKeyEncryptionKey(storage, { ...two, former: one }, author);
      expect(await readAll(storage, two)).toEqual(new Set([two.id]));
    });
  } finally {
    await rm(directory, { recursive: true });
  }
  return seen;
}

async function inStorage<Result>(url: string, work: (storage: Storage) => Promise<Result>): Promise<Result> {
  const storage = await openStorage(url);
  try {
    return await work(storage);
  } finally {
    await storage.close();
  }
}

async function fill(storage: Storage, kek: KeyEncryptionKey): Promise<void> {
  const pair = { algorithm: "Ed25519", rsaBits: 2048 } as const;
  for (const state of ["active", "next"] as const) {
    await storage.addSigningKey(await createSigningKey(pair, state, { kek, nowSeconds: author.at }), author);
  }
  await openPeppers({ storage, kek, randomBytes, author });
  for (let count = 0; count < people; count += 1) {
    const id = randomUUID();
    const person = { id, email: `${id}@example.com`, name: "Ann", passwordHash: "$argon2id$", isPlatformOwner: false };
    await storage.createAdministrator(person, author);
    await storage.beginTotp(id, sealTotpSecret(randomBytes(20), id, kek));
  }
}

/** The ids of the keys by which they are wrapped; each one opens, or this throws. */
async function readAll(storage: Storage, kek: KeyEncryptionKey): Promise<ReadonlySet<string>> {
  const ids: string[] = [];
  const look = (sealed: Sealed): undefined => {
    rewrapSealed(sealed, kek);
    ids.push(envelopeOf(sealed).split(".")[1] ?? "");
  };
  expect(await storage.rewrapEnvelopes({ id: kek.id, rewrap: look }, author)).toBe(0);
  expect(ids.length).toBe(people + 3);
  return new Set(ids);
}

function envelopeOf(sealed: Sealed): string {
  if (sealed.kind === "signing-key") return sealed.key.sealedPrivateKey ?? "";
  return sealed.kind === "pepper" ? sealed.pepper.sealed : sealed.sealed;
}

async function killWhileRotating(words: KekProgramWords, milliseconds: number): Promise<void> {
  const program = join(import.meta.dirname, "kek-program.ts");
  const child = spawn(process.execPath, ["--conditions=biped-source", program, ...words], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "close");
  await Promise.race([once(child.stdout, "data"), ended]);
  await sleep(milliseconds);
  child.kill("SIGKILL");
  expect((await ended)[1]).toBe("SIGKILL");
}

/** The moments of one run, from 0 to 1, follow from its seed. */
function pick(seed: number, count: number): number {
  return createHash("sha256").update(`${seed} ${count}`).digest().readUInt32BE() / 2 ** 32;
}
