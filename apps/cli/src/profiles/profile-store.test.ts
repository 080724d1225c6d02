import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findConfigDirectory } from "./config-directory.ts";
import type { Profile } from "./profile.ts";
import { openProfileStore } from "./profile-store.ts";

const profile: Profile = { authUrl: "https://auth.example.com", clientId: "id", scope: "metrics", secretStore: "file" };
let root: string;
let directory: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "biped-profiles-"));
  directory = join(root, "biped");
});
afterEach(() => rm(root, { recursive: true }));

test("what is saved is read again, in files of mode 0600 in a folder of mode 0700 with no drafts left", async () => {
  const store = openProfileStore(directory);
  await store.save("work", { ...profile, projectId: 42, allowedHosts: ["example.com"] }, "hush");
  await store.save("home", profile, "other");
  const { current, named } = await openProfileStore(directory).read();
  expect([current, [...named.keys()]]).toEqual(["home", ["work", "home"]]);
  expect(named.get("work")).toEqual({ ...profile, projectId: 42, allowedHosts: ["example.com"] });
  expect(await store.findSecret("work", profile)).toBe("hush");
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
  expect((await readdir(directory)).sort()).toEqual(["profiles.json", "secrets.json"]);
  for (const file of await readdir(directory)) expect((await stat(join(directory, file))).mode & 0o777).toBe(0o600);
  expect(await readFile(join(directory, "profiles.json"), "utf8")).not.toContain("hush");
});

test("a removed profile takes its secret along, and is current no more", async () => {
  const store = openProfileStore(directory);
  await store.save("work", profile, "hush");
  await store.remove(["work"]);
  expect((await store.read()).current).toBeUndefined();
  expect(await readFile(join(directory, "secrets.json"), "utf8")).toBe("{}\n");
  await expect(store.findSecret("work", profile)).rejects.toMatchObject({ exitCode: 3, code: "NO_SECRET" });
});

test.each(["constructor", "__proto__", "nope"])("an unknown profile %j: the known ones are named", async (name) => {
  const store = openProfileStore(directory);
  await expect(store.use("x")).rejects.toMatchObject({ next: "There are no profiles yet: biped login" });
  await store.save("work", profile, "hush");
  await expect(store.use(name)).rejects.toMatchObject({ exitCode: 2 });
  await expect(store.use("nope")).rejects.toMatchObject({ next: "Known profiles: work" });
});

test.each([
  ["{", ""],
  ["[]", ""],
  ['{"profiles":{"work":{"authUrl":1}}}', " at profiles.work.authUrl"],
  ['{"profiles":{"../x":{}}}', " at profiles.../x"],
  ['{"current":1,"profiles":{}}', " at current"],
])("damaged profiles %s: the file and the place are named", async (content, place) => {
  await mkdir(directory);
  await writeFile(join(directory, "profiles.json"), content);
  const message = `${join(directory, "profiles.json")} is damaged${place}`;
  await expect(openProfileStore(directory).read()).rejects.toMatchObject({ message, exitCode: 1 });
});

test("secrets that others can read are refused, with the command that mends it", async () => {
  const store = openProfileStore(directory);
  await store.save("work", profile, "hush");
  const file = join(directory, "secrets.json");
  await chmod(file, 0o640);
  const refusal = {
    code: "FILE_NOT_PRIVATE",
    next: `Run: chmod 600 ${file}`,
    message: expect.stringContaining("mode 640"),
  };
  await expect(store.findSecret("work", profile)).rejects.toMatchObject(refusal);
});

test.each(["{", "[]", '{"work":1}'])("damaged secrets %s: the file is named, what it holds is not", async (content) => {
  await mkdir(directory);
  await writeFile(join(directory, "secrets.json"), content, { mode: 0o600 });
  const message = `${join(directory, "secrets.json")} is damaged`;
  await expect(openProfileStore(directory).findSecret("work", profile)).rejects.toMatchObject({ message });
});

test("several commands at once: what each of them stores is kept", async () => {
  const names = Array.from({ length: 8 }, (_, at) => `p${at}`);
  await Promise.all(names.map((name) => openProfileStore(directory).save(name, profile, `secret of ${name}`)));
  const store = openProfileStore(directory);
  const { named } = await store.read();
  expect([...named.keys()].sort()).toEqual(names);
  for (const name of names) expect(await store.findSecret(name, profile)).toBe(`secret of ${name}`);
  await Promise.all([store.remove(["p0"]), store.use("p1"), store.remove(["p2"])]);
  expect((await store.read()).named.size).toBe(6);
  expect((await readdir(directory)).sort()).toEqual(["profiles.json", "secrets.json"]);
});

test("a lock that a killed command left is taken away", async () => {
  await mkdir(directory);
  const lock = join(directory, "profiles.json.lock");
  await writeFile(lock, "");
  await utimes(lock, 0, 0);
  await openProfileStore(directory).save("work", profile, "hush");
  expect((await readdir(directory)).sort()).toEqual(["profiles.json", "secrets.json"]);
});

test("a folder where a file ought to be is named", async () => {
  const file = join(directory, "profiles.json");
  await mkdir(file, { recursive: true });
  await expect(openProfileStore(directory).read()).rejects.toMatchObject({ code: "EISDIR", path: file });
});

test("without a home nothing is put where the command happens to run", () => {
  const home = process.env.HOME;
  try {
    process.env.HOME = "";
    expect(() => findConfigDirectory({})).toThrow("Your home directory is not known");
  } finally {
    if (home === undefined) delete process.env.HOME;
    else process.env.HOME = home;
  }
});

test("the folder: BIPED_CONFIG_DIR, else XDG_CONFIG_HOME, else ~/.config", () => {
  expect(findConfigDirectory({ BIPED_CONFIG_DIR: "/a", XDG_CONFIG_HOME: "/b" })).toBe("/a");
  expect(findConfigDirectory({ BIPED_CONFIG_DIR: "", XDG_CONFIG_HOME: "/b" })).toBe("/b/biped");
  expect(findConfigDirectory({ XDG_CONFIG_HOME: "relative" })).toMatch(/\/\.config\/biped$/);
});
