import { randomBytes } from "node:crypto";
import { defaultScopes, isRefusal, isSecret, type Refusal } from "@biped/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { testProperty } from "../../../../test/property.ts";
import type { NewCredential, NewProject, NewSecret } from "../storage/storage.ts";
import { createAccount } from "./accounts.ts";
import { createCloud, findCloudMistake } from "./clouds.ts";
import { type CredentialInput, createCredential } from "./credentials.ts";
import { createProject } from "./projects.ts";
import { parseName } from "./text-rules.ts";
import { createUuid } from "./uuid.ts";

const now = 1_800_000_000;
const author = { at: now, actor: "operator", requestId: undefined };
const fresh = { state: "enabled", epoch: 0, createdAt: now, version: 1 } as const;
const account = { id: 1, name: "Northwind", credentialLifetimeLimitDays: undefined, ...fresh };

const outcomeOf = (outcome: object | Refusal): string => (isRefusal(outcome) ? outcome.code : "created");

describe("a name that people read", () => {
  test.each([
    ["UX ANALYTICS", "UX ANALYTICS"],
    ["  Nightly export\t", "Nightly export"],
    ["Zürich – 東京 🚀", "Zürich – 東京 🚀"],
    ["نص عربي שלום\u200f!", "نص عربي שלום\u200f!"],
    ["x", "x"],
    ["x".repeat(200), "x".repeat(200)],
    ["🚀".repeat(200), "🚀".repeat(200)],
  ])("%j is %j", (given, name) => {
    expect(parseName("name", given)).toBe(name);
  });

  test.each([
    "",
    " ",
    "\t\n",
    "x".repeat(201),
    "🚀".repeat(201),
    "a\0b",
    "a\nb",
    "a\u001b[31mb",
    "a\u0085b",
    "a\u2028b",
    "a\ud800b",
    "a\u202eb",
    "a\u2066b",
  ])("%j is refused, and the member is named", (given) => {
    expect(parseName("title", given)).toMatchObject({
      code: "INVALID_REQUEST",
      description: "title must have 1 to 200 characters and no control characters.",
    });
  });
});

test("an account is created under its trimmed name, and with a wrong one not at all", async () => {
  const asked: unknown[] = [];
  const storage = {
    createAccount: async ({ name }: { readonly name: string }) => {
      asked.push(name);
      return { ...account, name };
    },
  };
  expect(outcomeOf(await createAccount(storage, { name: " Northwind " }, author))).toBe("created");
  expect(outcomeOf(await createAccount(storage, { name: " " }, author))).toBe("INVALID_REQUEST");
  expect(asked).toEqual(["Northwind"]);
});

describe("a cloud", () => {
  test.each(["aws-eu-west-1", "a", "9", "a".repeat(63), "a--b"])("may be named %s", (name) => {
    expect(findCloudMistake({ name, endpoint: "https://api.example.com" })).toBeUndefined();
  });

  test.each(["", "-a", "a-", "A", "a_b", "a.b", "a b", "é", "a".repeat(64), "a\n"])("may not be named %j", (name) => {
    expect(findCloudMistake({ name, endpoint: "https://api.example.com" })).toMatch(/^name must /);
  });

  test.each([
    "https://api.example.com",
    "https://api.example.com:8443",
    "https://api",
    "https://192.0.2.7",
    "https://[2001:db8::7]:8443",
    "https://xn--bcher-kva.example",
    "http://localhost:4001",
    "http://127.0.0.1:4001",
    "http://127.8.8.8",
    "http://[::1]:4001",
  ])("may have the endpoint %s, and a path behind it is a URL on it", (endpoint) => {
    expect(findCloudMistake({ name: "a", endpoint })).toBeUndefined();
    expect(new URL(`${endpoint}/v1/exports`).href).toBe(`${endpoint}/v1/exports`);
  });

  test.each([
    "https://API.Example.com",
    "HTTPS://api.example.com",
    "https://api.example.com/",
    "https://api.example.com/v1",
    "https://user@api.example.com",
    "https://user:password@api.example.com",
    "https://api.example.com?a=b",
    "https://api.example.com?",
    "https://api.example.com#a",
    "https://api.example.com:443",
    "http://127.0.0.1:80",
    "https://api.example.com:",
    "https://api.example.com:0443",
    "https://api.example.com.",
    "https://*",
    "https://*.example.com",
    "https://bücher.example",
    "https://127.1",
    "https://0x7f000001",
    "https://[::0001]",
    " https://api.example.com",
    "https://api.example.com\n",
    "https://api.exa\tmple.com",
    "https:api.example.com",
    "https:\\\\api.example.com",
    "//api.example.com",
    "api.example.com",
    "https://",
    "https://a b",
    "ftp://api.example.com",
    "file:///etc",
    "javascript:alert(1)",
    "data:text/plain,x",
    "blob:https://api.example.com",
    "null",
    "",
    "http://api.example.com",
    "http://localhost.example.com",
    "http://127.0.0.1.example.com",
    "http://notlocalhost",
    "http://0.0.0.0:4001",
    "http://128.0.0.1",
    "http://[::2]",
  ])("may not have the endpoint %j", (endpoint) => {
    expect(findCloudMistake({ name: "a", endpoint })).toMatch(/^endpoint must /);
  });

  testProperty(
    "an endpoint that is taken is its own origin, on https or this machine",
    3_000,
    fc.property(
      fc.oneof(
        fc.webUrl({ withQueryParameters: true, withFragments: true }),
        fc
          .webAuthority({ withPort: true, withUserInfo: true, withIPv4: true, withIPv6: true })
          .map((host) => `https://${host}`),
        fc.string(),
      ),
      (endpoint) => {
        if (findCloudMistake({ name: "a", endpoint }) === undefined) expect(new URL(endpoint).origin).toBe(endpoint);
      },
    ),
  );

  test("409 CONFLICT where its name or its endpoint is taken", async () => {
    const cloud = { name: "a", endpoint: "https://api.example.com" };
    const answers = ["name taken", "endpoint taken", { ...cloud, version: 1 }] as const;
    const outcomes = answers.map((answer) =>
      createCloud({ storage: { createCloud: async () => answer } }, cloud, author),
    );
    expect((await Promise.all(outcomes)).map(outcomeOf)).toEqual(["CONFLICT", "CONFLICT", "created"]);
  });
});

describe("a project", () => {
  const input: NewProject = { id: 42, accountId: 1, cloud: "a", name: "UX ANALYTICS", timeZone: "UTC" };
  const project = { ...input, id: 42, endpoint: "https://api.example.com", ...fresh };
  const create = async (
    changes: Partial<NewProject>,
    answer: Awaited<ReturnType<Parameters<typeof createProject>[0]["createProject"]>> = project,
  ) => outcomeOf(await createProject({ createProject: async () => answer }, { ...input, ...changes }, author));

  test.each(["UTC", "Europe/Paris", "America/Argentina/Buenos_Aires", "Asia/Kolkata", "Etc/GMT+5"])(
    "may live in the time zone %s",
    async (timeZone) => {
      expect(await create({ timeZone })).toBe("created");
    },
  );

  test.each([
    "",
    " ",
    "Mars/Olympus",
    "+01:00",
    "-0500",
    "+02",
    "Europe/Paris ",
    "Europe/../etc/passwd",
    "__proto__",
    "UTC\0",
  ])("may not live in the time zone %j", async (timeZone) => {
    expect(await create({ timeZone })).toBe("INVALID_REQUEST");
  });

  test.each([1, 42, Number.MAX_SAFE_INTEGER, undefined])("may have the id %d", async (id) => {
    expect(await create({ id })).toBe("created");
  });

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, Number.MAX_SAFE_INTEGER + 1])(
    "may not have the id %d",
    async (id) => {
      expect(await create({ id })).toBe("INVALID_REQUEST");
    },
  );

  test("is refused with a wrong name, a taken id, an unknown account or cloud", async () => {
    expect([
      await create({ name: "\n" }),
      await create({}, "id taken"),
      await create({}, "unknown account"),
      await create({}, "unknown cloud"),
    ]).toEqual(["INVALID_REQUEST", "CONFLICT", "NOT_FOUND", "NOT_FOUND"]);
  });
});

describe("a credential", () => {
  const input: CredentialInput = {
    name: "Nightly export",
    accountId: 1,
    projectId: 42,
    scopes: ["data-export", "metrics"],
    allowedRanges: [],
    expiresAt: undefined,
  };
  type Stored = { readonly credential: NewCredential; readonly secret: NewSecret };

  const createParts = (refused?: "limit reached" | "unknown account" | "unknown project") => {
    const stored: Stored[] = [];
    const parts = {
      storage: {
        createCredential: async (credential: NewCredential, secret: NewSecret) => {
          stored.push({ credential, secret });
          return refused ?? { credential: { ...credential, ...fresh }, secretId: secret.id };
        },
        findAccount: async () => account,
        findCreatedCredential: async () => undefined,
      },
      digester: { digestForStorage: (secret: string) => ({ digest: `digest of ${secret.length}`, pepperId: "p1" }) },
      catalogue: defaultScopes,
      secretEnvironment: "live",
      randomBytes,
    } as const;
    return { parts, stored };
  };
  const create = async (changes: Partial<CredentialInput>, refused?: Parameters<typeof createParts>[0]) =>
    outcomeOf(await createCredential(createParts(refused).parts, { ...input, ...changes }, author));

  test("gets an id and a secret of their own; the secret is answered and its digest stored, never the other way round", async () => {
    const { parts, stored } = createParts();
    const sets = { scopes: ["metrics", "data-export", "metrics"], allowedRanges: ["192.0.2.0/24", "192.0.2.0/24"] };
    const created = await createCredential(parts, { ...input, ...sets }, author);
    if (isRefusal(created)) throw new Error("refused");
    expect(isSecret(created.clientSecret ?? "")).toBe(true);
    expect(created.clientSecret).toMatch(/^biped_live_/);
    const uuid = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(stored).toEqual([
      {
        credential: {
          ...input,
          scopes: ["metrics", "data-export"],
          allowedRanges: ["192.0.2.0/24"],
          clientId: uuid,
        },
        secret: { id: uuid, digest: "digest of 60", pepperId: "p1", expiresAt: undefined },
      },
    ]);
    expect(created.secretId).toBe(stored[0]?.secret.id);
    expect(JSON.stringify([stored, created.credential])).not.toContain(created.clientSecret);
  });

  test.each([
    ["no scope", { scopes: [] }],
    ["an unknown scope", { scopes: ["data-export", "nothing"] }],
    ["a scope of other case", { scopes: ["Data-Export"] }],
    ["an end that is now", { expiresAt: now }],
    ["an end that is past", { expiresAt: now - 1 }],
    ["an end that is no whole second", { expiresAt: now + 1.5 }],
    ["an end that is no number", { expiresAt: Number.NaN }],
    ["a wrong name", { name: "" }],
  ])("400: %s", async (_name, changes) => {
    expect(await create(changes)).toBe("INVALID_REQUEST");
  });

  test.each([
    "192.0.2.0/24",
    "192.0.2.7/32",
    "0.0.0.0/0",
    "192.0.2.129/25",
    "2001:db8::/32",
    "::/0",
    "::1/128",
    "::ffff:192.0.2.0/120",
  ])("may be allowed from %s", async (range) => {
    expect(await create({ allowedRanges: ["198.51.100.0/24", range] })).toBe("created");
  });

  test.each([
    "192.0.2.7",
    "192.0.2.0/33",
    "192.0.2.0/-1",
    "192.0.2.0/",
    "192.0.2.0/2 4",
    "192.0.2.0/24/24",
    "192.0.2/24",
    "999.0.2.0/24",
    "2001:db8::/129",
    "fe80::%eth0/64",
    "::/0x10",
    "example.com/24",
    "/24",
    "",
  ])("may not be allowed from %j", async (range) => {
    expect(await create({ allowedRanges: ["198.51.100.0/24", range] })).toBe("INVALID_REQUEST");
  });

  test("404 for an unknown account or project, 409 LIMIT_REACHED for the eleventh", async () => {
    expect([
      await create({}, "unknown account"),
      await create({}, "unknown project"),
      await create({}, "limit reached"),
    ]).toEqual(["NOT_FOUND", "NOT_FOUND", "LIMIT_REACHED"]);
  });
});

test("a UUID has version 4, its variant, and every other bit from the source of chance", () => {
  expect(createUuid((count) => Buffer.alloc(count, 0x00))).toBe("00000000-0000-4000-8000-000000000000");
  expect(createUuid((count) => Buffer.alloc(count, 0xff))).toBe("ffffffff-ffff-4fff-bfff-ffffffffffff");
  expect(createUuid((count) => Buffer.from(Array.from({ length: count }, (_, at) => at)))).toBe(
    "00010203-0405-4607-8809-0a0b0c0d0e0f",
  );
});
