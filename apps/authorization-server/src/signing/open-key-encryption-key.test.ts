import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { createKeyEncryptionKey } from "./envelope.ts";
import { openKeyEncryptionKey } from "./open-key-encryption-key.ts";
import { openSeeds } from "./seeds.ts";

const folder = mkdtempSync(join(tmpdir(), "biped-kek-"));
afterAll(() => rmSync(folder, { recursive: true }));

const bytes = Buffer.alloc(32, 7);
const kek = createKeyEncryptionKey(bytes);
const text = bytes.toString("base64");
// As systemd makes it: the group's right is the mask of an access list.
writeFileSync(join(folder, "biped-kek"), `${text}\n`, { mode: 0o440 });
writeFileSync(join(folder, "kek"), text, { mode: 0o600 });
writeFileSync(join(folder, "broken"), "x", { mode: 0o600 });

test("a file, a credential of systemd and the environment give the same key", async () => {
  const sources = [
    { kind: "file", path: join(folder, "kek") },
    { kind: "credential", name: "biped-kek" },
    { kind: "text", text },
  ] as const;
  const opened = await Promise.all(sources.map((source) => openKeyEncryptionKey(source, folder)));
  expect(opened.map(({ id }) => id)).toEqual([kek.id, kek.id, kek.id]);
});

test.each([
  [
    { kind: "credential", name: "none" },
    folder,
    `${join(folder, "none")} is not there: the unit needs LoadCredential=none:FILE`,
  ],
  [{ kind: "credential", name: "broken" }, folder, `${join(folder, "broken")} must hold 32 bytes in base64`],
  [
    { kind: "credential", name: "biped-kek" },
    undefined,
    "BIPED_KEK_CREDENTIAL is for a unit of systemd, and CREDENTIALS_DIRECTORY is not set",
  ],
  [{ kind: "text", text: "canary" }, undefined, "BIPED_KEK must hold 32 bytes in base64"],
] as const)("%j: refused in one line", async (source, directory, line) => {
  await expect(openKeyEncryptionKey(source, directory)).rejects.toThrow(new Error(line));
});

test("what a key in a token cannot give comes from the oldest pepper, also for a former key, and differs by purpose", async () => {
  const { deriveSeed: _none, ...token } = createKeyEncryptionKey(Buffer.alloc(32, 9));
  const peppers: { id: string; sealed: string; createdAt: number }[] = [];
  const parts = {
    storage: {
      listPeppers: async () => peppers,
      addFirstPepper: async (pepper: (typeof peppers)[number]) => peppers.push(pepper) === 1,
    },
    kek: token,
    randomBytes: (count: number) => Buffer.alloc(count, 5),
    author: { at: 1_800_000_000, actor: "system", requestId: undefined },
  };
  const first = await openSeeds(token, parts);
  const second = await openSeeds({ ...token, former: token }, parts);
  expect(peppers).toHaveLength(1);
  expect(second.deriveSeed("a")).toEqual(first.deriveSeed("a"));
  expect(first.deriveSeed("b")).not.toEqual(first.deriveSeed("a"));
  expect(second.former).toHaveProperty("deriveSeed");
  expect(await openSeeds(kek, parts)).toBe(kek);
});
