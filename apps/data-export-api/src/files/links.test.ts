import { createHmac } from "node:crypto";
import { footingOf, isRefusal } from "@biped/protocol";
import { describe, expect, test } from "vitest";
import type { RunFile } from "../runs/run.ts";
import type { LinkKey } from "../storage/storage.ts";
import { formatFooting, parseFooting } from "./footing-text.ts";
import { type LinkQuery, parseLinkQuery, signLink } from "./link.ts";
import { createLinks, type Links } from "./links.ts";

const start = 1_800_000_000;
const hour = 3600;
const endpoint = "https://api.eu-west-1.example.com";
const projectId = 42;
const footing = footingOf(
  {
    ...{
      iss: "i",
      sub: "c",
      client_id: "c",
      aud: ["a"],
      exp: start + hour,
      iat: start,
      jti: "j",
      scope: "data-export",
    },
    ...{ project_id: projectId, account_id: 7, secret_id: "s", epochs: { account: 1, project: 2, credential: 3 } },
  },
  "k",
);

const file: RunFile = {
  fileId: "0123456789abcdef0123456789abcdef",
  partId: 1,
  storedName: "f".repeat(32),
  byteCount: 10,
  sha256: "0".repeat(64),
  expiresAt: start + 7 * 24 * hour,
};

/** A store of keys and epochs that several processes share, each with its own memory. */
function createStore() {
  let keys: readonly LinkKey[] = [];
  let now = start;
  let bytesDrawn = 0;
  const epochs = new Map<number, number>();
  const counts = { listed: 0 };
  const keptAfter: number[] = [];
  const storage = {
    findProjectSettings: async (project: number) => ({ timeZone: "UTC", linkEpoch: epochs.get(project) ?? 0 }),
    keepLinkKey: async (key: LinkKey, notBefore: number) => {
      keptAfter.push(notBefore);
      if (!keys.some(({ createdAt }) => createdAt > notBefore)) keys = [key, ...keys];
      return keys;
    },
    listLinkKeys: async () => {
      counts.listed += 1;
      return keys;
    },
    forgetLinkKeys: async (createdBefore: number) => {
      keys = keys.filter(({ createdAt }) => createdAt >= createdBefore);
    },
  };
  const randomBytes = (count: number): Uint8Array => {
    bytesDrawn += 1;
    return new Uint8Array(count).fill(bytesDrawn);
  };
  return {
    counts,
    /** For each key that was offered: it is kept if there is none that was made after this. */
    keptAfter,
    readKeys: () => keys,
    raiseEpoch: () => epochs.set(projectId, (epochs.get(projectId) ?? 0) + 1),
    advance: (seconds: number) => {
      now += seconds;
    },
    open: (at = endpoint) => createLinks({ storage, endpoint: at, nowSeconds: () => now, randomBytes }),
  };
}

async function createQuery(links: Links, linked: RunFile = file): Promise<LinkQuery> {
  const [created] = await links.create(footing, [linked]);
  const query = parseLinkQuery(new URL(created!.link.url).search.slice(1));
  if (isRefusal(query)) throw new Error(query.description);
  return query;
}

const isSigned = async (links: Links, query: LinkQuery, changes: object = {}) =>
  links.isSigned(query, { fileId: file.fileId, projectId, ...changes });

test("the URL is the endpoint's; the signature is HMAC-SHA-256 over all parts, each with its length", async () => {
  const store = createStore();
  const [created] = await store.open().create(footing, [file]);
  const [key] = store.readKeys();
  const exp = `${start + 900}`;
  const stands = formatFooting(footing);
  const parts = ["2", "GET", "api.eu-west-1.example.com", file.fileId, "42", "0", exp, "0101010101010101", stands];
  const tuple = parts.map((part) => `${part.length}:${part}`).join("");
  const sig = createHmac("sha256", key!.secret).update(tuple).digest("base64url");
  expect(created).toStrictEqual({
    file,
    link: {
      url: `${endpoint}/v1/files/${file.fileId}?v=2&exp=${exp}&key=0101010101010101&footing=${stands}&sig=${sig}`,
      expiresAt: start + 900,
    },
  });
});

test("a link ends with its file", async () => {
  const store = createStore();
  const [created] = await store.open().create(footing, [{ ...file, expiresAt: start + 60 }]);
  expect(created!.link.expiresAt).toBe(start + 60);
});

test("no key is made for a run without files", async () => {
  const store = createStore();
  expect(await store.open().create(footing, [])).toStrictEqual([]);
  expect(store.readKeys()).toStrictEqual([]);
});

describe("a signature is good for", () => {
  test("its file, its project and its host, and for nothing else", async () => {
    const store = createStore();
    const links = store.open();
    const query = await createQuery(links);
    expect(await isSigned(links, query)).toBe(true);
    expect(await isSigned(links, query, { fileId: "0".repeat(32) })).toBe(false);
    expect(await isSigned(links, query, { projectId: 43 })).toBe(false);
    expect(await isSigned(store.open("https://api.us-east.example.com"), query)).toBe(false);
    expect(await isSigned(store.open("https://api.eu-west-1.example.com:8443"), query)).toBe(false);
  });

  test("its own version, end, key and footing", async () => {
    const links = createStore().open();
    const query = await createQuery(links);
    const changes = [
      { v: "1" },
      { v: "" },
      { footing: `1${query.footing}` },
      { footing: "" },
      { exp: `${Number(query.exp) + 1}` },
      { exp: `0${query.exp}` },
      { key: "" },
    ];
    for (const change of changes)
      expect([change, await isSigned(links, { ...query, ...change })]).toEqual([change, false]);
  });

  test("one spelling of itself", async () => {
    const links = createStore().open();
    const query = await createQuery(links);
    const hex = Buffer.from(query.sig, "base64url").toString("hex");
    const standard = Buffer.from(query.sig, "base64url").toString("base64");
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const spareBits = query.sig.slice(0, -1) + alphabet.charAt(alphabet.indexOf(query.sig.slice(-1)) + 1);
    for (const sig of [hex, standard, spareBits, `${query.sig}=`, `${query.sig}A`, query.sig.slice(1), ""]) {
      expect([sig, await isSigned(links, { ...query, sig })]).toEqual([sig, false]);
    }
  });

  test("parts that run into each other differently", async () => {
    const links = createStore().open();
    const query = await createQuery(links);
    const shifted = { fileId: `${file.fileId}4`, projectId: 2 };
    expect(await isSigned(links, query, shifted)).toBe(false);
  });
});

test("raising the project's epoch ends every link at once, and new ones are good", async () => {
  const store = createStore();
  const links = store.open();
  const before = await createQuery(links);
  store.raiseEpoch();
  expect(await isSigned(links, before)).toBe(false);
  expect(await isSigned(links, await createQuery(links))).toBe(true);
});

test("a link of version 1, without a footing, is good as it was; one of version 2 is not without", async () => {
  const store = createStore();
  const links = store.open();
  const { footing: _footing, ...query } = await createQuery(links);
  expect(await isSigned(links, query)).toBe(false);
  const [key] = store.readKeys();
  const facts = { host: "api.eu-west-1.example.com", fileId: file.fileId, projectId, linkEpoch: 0 };
  const old = { ...query, v: "1" };
  const sig = signLink(key!.secret, { ...old, ...facts });
  expect(await isSigned(links, { ...old, sig })).toBe(true);
  expect(await isSigned(links, { ...old, sig, footing: "1.1.1.1" })).toBe(false);
});

test("a footing in a URL reads back as it was, and nothing else is one", () => {
  const text = formatFooting(footing);
  expect(text).toMatch(/^7\.1\.2\.tro8w0(?:\.[0-9a-z]{1,10}){4}$/);
  expect(parseFooting(text, projectId)).toStrictEqual(footing);
  for (const other of ["", "1", "1.2.3", "1.2.3.", "1.2.3.A", "1.2.3.-4", "1.2.3.zzzzzzzzzzzz"]) {
    expect([other, parseFooting(other, projectId)]).toStrictEqual([other, undefined]);
  }
});

describe("keys", () => {
  test("one key signs for a day; links of its last second are good until they end", async () => {
    const store = createStore();
    const links = store.open();
    const first = await createQuery(links);
    store.advance(24 * hour - 1);
    const last = await createQuery(links);
    expect(last.key).toBe(first.key);
    store.advance(1);
    expect((await createQuery(links)).key).not.toBe(first.key);
    store.advance(898);
    expect(await isSigned(links, last)).toBe(true);
    expect(store.readKeys().length).toBe(2);
    expect(store.keptAfter).toStrictEqual([start - 24 * hour, start]);
  });

  test("a key that nothing can need any more is forgotten when the next one is made", async () => {
    const store = createStore();
    const links = store.open();
    const first = await createQuery(links);
    store.advance(24 * hour);
    const second = await createQuery(links);
    store.advance(24 * hour);
    const third = await createQuery(links);
    expect(store.readKeys().map(({ keyId }) => keyId)).toStrictEqual([third.key, second.key]);
    expect(await isSigned(links, first)).toBe(false);
  });

  test("what one process signs, another one knows, even with a key that was made just now", async () => {
    const store = createStore();
    const [one, other] = [store.open(), store.open()];
    await createQuery(other);
    store.advance(24 * hour);
    expect(await isSigned(other, await createQuery(one))).toBe(true);
    expect((await createQuery(other)).key).toBe((await createQuery(one)).key);
    expect(store.readKeys().length).toBe(2);
  });

  test("the store is asked once a minute, and for each key that is not known", async () => {
    const store = createStore();
    const links = store.open();
    const query = await createQuery(links);
    const asked = store.counts.listed;
    for (let count = 0; count < 10; count += 1) await isSigned(links, query);
    expect(store.counts.listed).toBe(asked);
    store.advance(60);
    await isSigned(links, query);
    expect(store.counts.listed).toBe(asked + 1);
    await isSigned(links, { ...query, key: "unknown" });
    expect(store.counts.listed).toBe(asked + 2);
  });

  test("a clock that is put back makes no second key", async () => {
    const store = createStore();
    const links = store.open();
    await createQuery(links);
    store.advance(-30 * 24 * hour);
    expect(await isSigned(links, await createQuery(links))).toBe(true);
    expect(store.readKeys().length).toBe(1);
  });
});

describe("parseLinkQuery", () => {
  const good = "v=1&exp=2&key=3&sig=4";

  test("each parameter once, in any order", () => {
    const query = { v: "1", exp: "2", key: "3", sig: "4" };
    expect(parseLinkQuery(good)).toStrictEqual(query);
    expect(parseLinkQuery("sig=4&key=3&exp=2&v=1")).toStrictEqual(query);
    expect(parseLinkQuery(`footing=5&${good}`)).toStrictEqual({ ...query, footing: "5" });
  });

  test.each([
    ["", "v is required."],
    ["v=1&exp=2&key=3", "sig is required."],
    ["exp=2&key=3&sig=4", "v is required."],
    ["v=1&key=3&sig=4", "exp is required."],
    ["v=1&exp=2&sig=4", "key is required."],
    [`${good}&sig=4`, "sig must be given once."],
    [`v=1&${good}`, "v must be given once."],
    [`${good}&SIG=4`, "The query holds an unknown parameter; known are v, exp, key, sig, footing."],
    [
      `${good}&response-content-type=text%2Fhtml`,
      "The query holds an unknown parameter; known are v, exp, key, sig, footing.",
    ],
    ["v=1&exp=2&key=3&sig=", "sig must not be empty."],
    ["v=1&exp=2&key=3&sig=%ff", "sig must be percent-encoded UTF-8."],
    ["v=1&exp=2&key=3&sig[]=4", "The query holds an unknown parameter; known are v, exp, key, sig, footing."],
  ])("400 INVALID_REQUEST: %j", (query, description) => {
    expect(parseLinkQuery(query)).toMatchObject({ code: "INVALID_REQUEST", description });
  });
});
