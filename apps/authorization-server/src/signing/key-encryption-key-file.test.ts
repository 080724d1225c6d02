import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createKeyEncryptionKey } from "./envelope.ts";
import { createKeyEncryptionKeyFile, readKeyEncryptionKeyFile } from "./key-encryption-key-file.ts";

const bytes = Buffer.alloc(32, 7);
const text = bytes.toString("base64");
let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "biped-kek-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

const write = (name: string, content: string, mode = 0o600): string => {
  const path = join(directory, name);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
};

describe("a new file", () => {
  test("is mode 0600, holds 44 characters and a line end, and reads back as the same key", () => {
    const path = join(directory, "new");
    createKeyEncryptionKeyFile(path, bytes);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, "utf8")).toBe(`${text}\n`);
    expect(readKeyEncryptionKeyFile(path).id).toBe(createKeyEncryptionKey(bytes).id);
  });

  test("is never written over another one, not even through a link", () => {
    const path = write("there", "precious");
    expect(() => createKeyEncryptionKeyFile(path, bytes)).toThrow(
      new Error(`${path} exists already; a key is never overwritten`),
    );
    expect(readFileSync(path, "utf8")).toBe("precious");
    const link = join(directory, "link");
    symlinkSync(join(directory, "nowhere"), link);
    expect(() => createKeyEncryptionKeyFile(link, bytes)).toThrow(
      new Error(`${link} exists already; a key is never overwritten`),
    );
  });

  test.each([0, 16, 31, 33])("is not made of %i bytes", (length) => {
    const path = join(directory, `short-${length}`);
    expect(() => createKeyEncryptionKeyFile(path, Buffer.alloc(length))).toThrow(/32 bytes/);
    expect(() => statSync(path)).toThrow(/ENOENT/);
  });
});

describe("reading", () => {
  test.each([0o600, 0o400, 0o700])("mode %o is taken", (mode) => {
    expect(readKeyEncryptionKeyFile(write("mode", text, mode)).id).toBe(createKeyEncryptionKey(bytes).id);
  });

  test.each([
    [0o640, "640"],
    [0o604, "604"],
    [0o610, "610"],
    [0o644, "644"],
    [0o666, "666"],
  ])("mode %o is refused, with the file and the way out named", (mode, shown) => {
    const path = write("open", text, mode);
    expect(() => readKeyEncryptionKeyFile(path)).toThrow(
      new Error(`${path} can be read by others (mode ${shown}): chmod 600 it`),
    );
  });

  test.each(["", "\n", ` ${text}\r\n`, `${text}\n\n`].map((content, index) => [index, content] as const))(
    "blanks around it are no part of it (%i)",
    (_index, content) => {
      const path = write("blanks", content);
      if (content.trim() === "") expect(() => readKeyEncryptionKeyFile(path)).toThrow(/must hold 32 bytes/);
      else expect(readKeyEncryptionKeyFile(path).id).toBe(createKeyEncryptionKey(bytes).id);
    },
  );

  test.each([
    ["31 bytes", Buffer.alloc(31).toString("base64")],
    ["33 bytes", Buffer.alloc(33).toString("base64")],
    ["hexadecimal", bytes.toString("hex")],
    ["base64url", Buffer.alloc(32, 255).toString("base64url")],
    ["two keys", `${text}\n${text}`],
    ["a blank inside", text.replace("B", " ")],
    ["a PEM", "-----BEGIN PRIVATE KEY-----"],
  ])("%s: refused with the file named, and nothing of it told", (_name, content) => {
    const path = write("wrong", content);
    expect(() => readKeyEncryptionKeyFile(path)).toThrow(new Error(`${path} must hold 32 bytes in base64`));
  });

  test("a missing file and a directory are refused, with their names; for the one it is said how to make it", () => {
    const path = join(directory, "missing");
    expect(() => readKeyEncryptionKeyFile(path)).toThrow(
      new Error(`${path} is not there. Make a key with: biped-server keys create-kek`),
    );
    const folder = join(directory, "folder");
    mkdirSync(folder, { mode: 0o700 });
    expect(() => readKeyEncryptionKeyFile(folder)).toThrow(new Error(`${folder} is not a file`));
  });
});
