import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { createFileStore, type FileStore } from "./file-store.ts";

const parent = mkdtempSync(join(tmpdir(), "biped-file-store-"));
afterAll(() => rmSync(parent, { recursive: true, force: true }));

const lease = "0123456789abcdef0123456789abcdef";
const name = "ab000000000000000000000000000001";
const other = "ab000000000000000000000000000002";

let count = 0;
let root: string;
let store: FileStore;

beforeEach(() => {
  count += 1;
  root = join(parent, `${count}`, "exports");
  store = createFileStore(root);
});

async function write(text: string, file = "data_0.jsonl.gz"): Promise<string> {
  const work = join(root, "work", lease);
  if (!existsSync(work)) await store.openWork(lease);
  writeFileSync(join(work, file), text);
  return join(work, file);
}

async function read(storedName: string): Promise<string | undefined> {
  const handle = await store.open(storedName);
  if (handle === undefined) return undefined;
  try {
    return await handle.readFile("utf8");
  } finally {
    await handle.close();
  }
}

const mode = (...parts: readonly string[]): number => statSync(join(root, ...parts)).mode & 0o777;

test("a kept file is read back, has left its work directory, and is for this user alone", async () => {
  const file = await write("rows");
  chmodSync(file, 0o644);
  await store.keep(file, name);
  expect(await read(name)).toBe("rows");
  expect(existsSync(file)).toBe(false);
  expect([mode(), mode("work"), mode("work", lease), mode("files"), mode("files", "ab")]).toStrictEqual([
    0o700, 0o700, 0o700, 0o700, 0o700,
  ]);
  expect(mode("files", "ab", name)).toBe(0o600);
});

test("what is kept is never overwritten", async () => {
  await store.keep(await write("first"), name);
  const second = await write("second");
  await expect(store.keep(second, name)).rejects.toThrow("A file of this name is kept already.");
  expect(await read(name)).toBe("first");
  expect(existsSync(second)).toBe(true);
});

test("a removed file is not there, and may be removed again", async () => {
  await store.keep(await write("rows"), name);
  await store.remove(name);
  expect(await read(name)).toBeUndefined();
  await store.remove(name);
  await store.remove(other);
});

test("no two attempts share a work directory", async () => {
  expect(await store.openWork(lease)).toBe(join(root, "work", lease));
  await expect(store.openWork(lease)).rejects.toThrow("EEXIST");
});

test("closing an attempt's directory removes whatever is in it, and may be done again", async () => {
  await write("half");
  mkdirSync(join(root, "work", lease, "tmp"));
  writeFileSync(join(root, "work", lease, "tmp", "spill"), "x");
  await store.closeWork(lease);
  expect(existsSync(join(root, "work", lease))).toBe(false);
  await store.closeWork(lease);
});

test("another store on the same directory, as after a restart, finds what was kept", async () => {
  await store.keep(await write("rows"), name);
  store = createFileStore(root);
  expect(await read(name)).toBe("rows");
});

const badNames = [
  "",
  ".",
  "..",
  "../../etc/passwd",
  `${name}/..`,
  `${name}\n`,
  name.toUpperCase(),
  name.slice(1),
  `${name}0`,
  `%2e%2e/${name.slice(7)}`,
  `${name.slice(0, 31)}\u0000`,
];

describe.each(badNames)("the name %j", (bad) => {
  const refused = "A name of the file store must be 32 hexadecimal digits.";
  test("is refused everywhere", async () => {
    await expect(async () => store.openWork(bad)).rejects.toThrow(refused);
    await expect(async () => store.closeWork(bad)).rejects.toThrow(refused);
    await expect(async () => store.open(bad)).rejects.toThrow(refused);
    await expect(async () => store.remove(bad)).rejects.toThrow(refused);
    const file = await write("rows");
    await expect(async () => store.keep(file, bad)).rejects.toThrow(refused);
  });
});

describe("what is not a regular file of an attempt is not kept", () => {
  const outside = "Only a file of an attempt's own directory can be kept.";

  test("a file elsewhere, also by way of a work directory", async () => {
    await write("rows");
    const secret = join(parent, "secret");
    writeFileSync(secret, "secret");
    await expect(store.keep(secret, name)).rejects.toThrow(outside);
    await expect(store.keep(join(root, "work", lease, "..", "..", "..", "..", "secret"), name)).rejects.toThrow(
      outside,
    );
    await expect(store.keep(join(root, "work", lease), name)).rejects.toThrow(outside);
    await expect(store.keep(join(root, "work", lease, "a", "b"), name)).rejects.toThrow(outside);
    expect(await read(name)).toBeUndefined();
  });

  test("a symbolic link, and a directory", async () => {
    await store.openWork(lease);
    const link = join(root, "work", lease, "link");
    symlinkSync("/etc/hostname", link);
    await expect(store.keep(link, name)).rejects.toThrow("ELOOP");
    const directory = join(root, "work", lease, "directory");
    mkdirSync(directory);
    await expect(store.keep(directory, name)).rejects.toThrow("Only a regular file can be kept.");
    expect(await read(name)).toBeUndefined();
  });
});

test("a symbolic link under a file's name is not followed", async () => {
  mkdirSync(join(root, "files", "ab"));
  symlinkSync("/etc/hostname", join(root, "files", "ab", name));
  expect(await read(name)).toBeUndefined();
});

describe("forgotten", () => {
  const now = Date.UTC(2026, 10, 3);
  const age = (entry: string, milliseconds: number): void => {
    const touched = new Date(now - milliseconds);
    utimesSync(join(root, entry), touched, touched);
  };
  const old = "ffffffffffffffffffffffffffffffff";

  test("are attempts and files that nobody has touched since then, and nothing else", async () => {
    await store.keep(await write("old"), name);
    await store.keep(await write("new"), other);
    age(`files/ab/${name}`, 2000);
    age(`files/ab/${other}`, 500);
    await store.openWork(old);
    age(`work/${old}`, 2000);
    age(`work/${lease}`, 500);
    writeFileSync(join(root, "work", "note"), "of an operator");
    writeFileSync(join(root, "files", "note"), "of an operator");
    age("work/note", 2000);
    age("files/note", 2000);
    expect(await store.findForgotten(new Date(now - 1000))).toStrictEqual({ leaseIds: [old], storedNames: [name] });
    expect(await store.findForgotten(new Date(now - 3000))).toStrictEqual({ leaseIds: [], storedNames: [] });
  });

  test("is no attempt of which a file was touched", async () => {
    await write("growing");
    age(`work/${lease}/data_0.jsonl.gz`, 500);
    age(`work/${lease}`, 2000);
    expect((await store.findForgotten(new Date(now - 1000))).leaseIds).toStrictEqual([]);
    age(`work/${lease}/data_0.jsonl.gz`, 2000);
    age(`work/${lease}`, 2000);
    expect((await store.findForgotten(new Date(now - 1000))).leaseIds).toStrictEqual([lease]);
  });
});
