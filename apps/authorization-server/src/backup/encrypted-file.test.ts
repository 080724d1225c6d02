import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { testProperty } from "../../../../test/property.ts";
import { createBackupKeys, readBackupPrivateKey, readBackupPublicKey } from "./backup-keys.ts";
import { decryptFile, encryptFile, isEncryptedFile } from "./encrypted-file.ts";

const folder = mkdtempSync(join(tmpdir(), "biped-encrypted-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);
createBackupKeys(at("private"), at("public"));
const [publicKey, privateKey] = [readBackupPublicKey(at("public")), readBackupPrivateKey(at("private"))];

let files = 0;
const createName = (): string => {
  files += 1;
  return at(`file-${files}`);
};
const write = (content: Uint8Array): string => {
  const path = createName();
  writeFileSync(path, content);
  return path;
};
const encrypt = async (content: Uint8Array): Promise<string> => {
  const path = createName();
  await encryptFile(write(content), path, publicKey);
  return path;
};
const decrypt = async (path: string, key = privateKey): Promise<Buffer> => {
  const target = createName();
  await decryptFile(path, target, key);
  return readFileSync(target);
};

const part = 64 * 1024;

test.each([0, 1, part - 1, part, part + 1, 3 * part])("%i bytes come back as they were", async (length) => {
  const content = randomBytes(length);
  const path = await encrypt(content);
  expect(await decrypt(path)).toEqual(content);
  expect(await isEncryptedFile(path)).toBe(true);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(path).size).toBe(15 + 32 + length + 16 * Math.max(1, Math.ceil(length / part)));
});

test("nothing of the content shows, and two files of one content have nothing in common but the first line", async () => {
  const content = Buffer.from("easy to find again ".repeat(9));
  const [one, two] = [readFileSync(await encrypt(content)), readFileSync(await encrypt(content))];
  expect(one.includes("easy")).toBe(false);
  expect(one.subarray(0, 15)).toEqual(two.subarray(0, 15));
  expect(one.subarray(15, 23)).not.toEqual(two.subarray(15, 23));
});

const whole = readFileSync(await encrypt(randomBytes(2 * part + 100)));
const sealed = part + 16;
const header = 47;

describe("what is not as it was written is refused in one line", () => {
  const refused = /is for another key, damaged or not whole$|is not whole$|is no encrypted backup$/;

  test("another private key", async () => {
    const { privateKey: other } = generateKeyPairSync("x25519");
    await expect(decrypt(write(whole), other)).rejects.toThrow(/is for another key, damaged or not whole$/);
  });

  test.each([
    ["its last byte gone", whole.subarray(0, -1)],
    ["its last part gone", whole.subarray(0, header + 2 * sealed)],
    ["all parts gone", whole.subarray(0, header)],
    ["a byte more", Buffer.concat([whole, Buffer.alloc(1)])],
    ["a part twice", Buffer.concat([whole.subarray(0, header + sealed), whole.subarray(header)])],
    [
      "two parts exchanged",
      Buffer.concat([
        whole.subarray(0, header),
        whole.subarray(header + sealed, header + 2 * sealed),
        whole.subarray(header, header + sealed),
        whole.subarray(header + 2 * sealed),
      ]),
    ],
    ["nothing in it", Buffer.alloc(0)],
  ])("%s", async (_name, content) => {
    await expect(decrypt(write(content))).rejects.toThrow(refused);
  });

  test("an ephemeral key that agrees with everybody on the same", async () => {
    const content = Buffer.concat([whole.subarray(0, 15), Buffer.alloc(32), whole.subarray(header)]);
    await expect(decrypt(write(content))).rejects.toThrow();
  });

  testProperty(
    "a flipped bit anywhere",
    60,
    fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(7), async (place, bit) => {
      const content = Buffer.from(whole);
      content.writeUInt8(content.readUInt8(place) ^ (1 << bit), place);
      await expect(decrypt(write(content))).rejects.toThrow();
    }),
  );
});

test("a file whose public key nobody can have made is refused, in one line", async () => {
  const content = readFileSync(await encrypt(randomBytes(9)));
  const path = write(Buffer.concat([content.subarray(0, 15), Buffer.alloc(32), content.subarray(47)]));
  await expect(decrypt(path)).rejects.toThrow(new Error(`${path} is damaged`));
});

describe("keys", () => {
  test("are two files of mode 0600 that are never overwritten", () => {
    expect([at("private"), at("public")].map((path) => statSync(path).mode & 0o777)).toEqual([0o600, 0o600]);
    expect(() => createBackupKeys(at("private"), at("other"))).toThrow(/exists already; a key is never overwritten$/);
  });

  test("the one is not taken for the other, nor another kind of key or a file that others may read", () => {
    const { privateKey: other } = generateKeyPairSync("ed25519");
    writeFileSync(at("ed25519"), other.export({ format: "pem", type: "pkcs8" }), { mode: 0o600 });
    writeFileSync(at("open"), readFileSync(at("private")), { mode: 0o644 });
    expect(() => readBackupPublicKey(at("private"))).toThrow(/must hold a public key of X25519 in PEM$/);
    expect(() => readBackupPrivateKey(at("public"))).toThrow(/must hold a private key of X25519 in PEM$/);
    expect(() => readBackupPrivateKey(at("ed25519"))).toThrow(/must hold a private key of X25519 in PEM$/);
    expect(() => readBackupPrivateKey(at("open"))).toThrow(/can be read by others \(mode 644\): chmod 600 it$/);
  });
});
