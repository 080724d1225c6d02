import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findAuthUrl, findCredential } from "./credential.ts";
import { openProfileStore } from "./profiles/profile-store.ts";

let directory: string;
let base: Record<string, string>;
const complete = {
  BIPED_AUTH_URL: "https://env.example.com",
  BIPED_CLIENT_ID: "env",
  BIPED_CLIENT_SECRET: "env-secret",
};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "biped-credential-"));
  base = { BIPED_CONFIG_DIR: directory };
  const store = openProfileStore(directory);
  const work = { authUrl: "https://work.example.com", scope: "metrics", projectId: 1, secretStore: "file" } as const;
  await store.save("work", { ...work, clientId: "work" }, "work-secret");
  await store.save("home", { ...work, clientId: "home" }, "home-secret");
});
afterAll(() => rm(directory, { recursive: true }));

const find = async (environment: Record<string, string>, options = {}) => {
  const { clientId, clientSecret, source } = await findCredential({ ...base, ...environment }, options);
  return [clientId, clientSecret, source.kind === "profile" ? source.name : source.kind];
};

test("the current profile, unless BIPED_PROFILE names another, unless the environment holds a credential", async () => {
  expect(await find({})).toEqual(["home", "home-secret", "home"]);
  expect(await find({ BIPED_PROFILE: "work" })).toEqual(["work", "work-secret", "work"]);
  expect(await find({ ...complete, BIPED_PROFILE: "work" })).toEqual(["env", "env-secret", "environment"]);
});

test("--profile comes before the environment: whoever names one means it", async () => {
  expect(await find(complete, { profile: "work" })).toEqual(["work", "work-secret", "work"]);
});

test("options come before variables, and those before the profile, member by member", async () => {
  const environment = { ...base, BIPED_PROJECT_ID: "2", BIPED_SCOPE: "surveys", BIPED_ALLOWED_HOSTS: "example.com" };
  const members = async (options = {}) => {
    const { authUrl, scope, projectId, allowedHosts } = await findCredential(environment, options);
    return { authUrl, scope, projectId, allowedHosts };
  };
  const authUrl = "https://work.example.com";
  expect(await members()).toEqual({ authUrl, scope: "surveys", projectId: 2, allowedHosts: ["example.com"] });
  const options = { scope: "data-export", project: 3, allowedHosts: ["x.example"] };
  expect(await members(options)).toEqual({
    authUrl,
    scope: "data-export",
    projectId: 3,
    allowedHosts: ["x.example"],
  });
});

test("--auth-url sends the credential of the environment elsewhere, but never the secret of a profile", async () => {
  const authUrl = "https://x.example";
  expect((await findCredential({ ...base, ...complete }, { authUrl })).authUrl).toBe(authUrl);
  expect((await findCredential(base, { authUrl: "https://work.example.com/" })).clientId).toBe("home");
  await expect(findCredential(base, { authUrl })).rejects.toMatchObject({
    message: "Profile home holds a secret of https://work.example.com, which goes nowhere else",
    exitCode: 2,
  });
});

test("the secret may stand in a file", async () => {
  const file = join(directory, "secret");
  await writeFile(file, "from-file\n");
  const { BIPED_CLIENT_SECRET: _, ...rest } = complete;
  expect(await find({ ...rest, BIPED_CLIENT_SECRET_FILE: file })).toEqual(["env", "from-file", "environment"]);
});

test.each([
  [{ BIPED_CLIENT_ID: "x" }, "BIPED_CLIENT_SECRET (or BIPED_CLIENT_SECRET_FILE), BIPED_AUTH_URL missing"],
  [{ BIPED_CLIENT_SECRET: "hush" }, "BIPED_CLIENT_ID, BIPED_AUTH_URL missing"],
  [{ BIPED_CLIENT_SECRET: "hush", BIPED_CLIENT_ID: "x", BIPED_AUTH_URL: " " }, "BIPED_AUTH_URL missing"],
])("half a credential names what is missing, and nothing of what is there: %j", async (environment, missing) => {
  await expect(findCredential({ ...base, ...environment }, {})).rejects.toMatchObject({
    message: `The environment holds half a credential: ${missing}`,
    exitCode: 3,
  });
});

test("the address alone is no credential, and does not lead a profile's secret elsewhere", async () => {
  const { authUrl } = await findCredential({ ...base, BIPED_AUTH_URL: "https://elsewhere.example" }, {});
  expect(authUrl).toBe("https://work.example.com");
});

test("whose keys: --auth-url, then --profile, then BIPED_AUTH_URL, then the current profile", async () => {
  const environment = { ...base, BIPED_AUTH_URL: "https://env.example.com" };
  expect(await findAuthUrl(environment, { authUrl: "https://x.example", profile: "work" })).toBe("https://x.example");
  expect(await findAuthUrl(environment, { profile: "work" })).toBe("https://work.example.com");
  expect(await findAuthUrl(environment, {})).toBe("https://env.example.com");
  expect(await findAuthUrl(base, {})).toBe("https://work.example.com");
  await expect(findAuthUrl({ BIPED_CONFIG_DIR: join(directory, "none") }, {})).rejects.toMatchObject({ exitCode: 2 });
});
