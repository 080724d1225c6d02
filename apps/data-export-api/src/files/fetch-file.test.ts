import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createSuccessfulRun, errorBody, now, payloadOf, type StartedApp, startApp } from "../../test/started-app.ts";
import { createLinks } from "./links.ts";

const day = 86_400;
const text = Buffer.from("0123456789".repeat(100));

let app: StartedApp;

beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());

type Fetched = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly bytes: Buffer };
type Options = { readonly method?: string; readonly headers?: Readonly<Record<string, string>> };

/** The target goes out as it is; `fetch` would tidy it up. */
async function fetchTarget(path: string, { method = "GET", headers = {} }: Options = {}): Promise<Fetched> {
  const sent = request(app.url, { path, method, headers, agent: false });
  sent.end();
  const [response]: IncomingMessage[] = await once(sent, "response");
  return { status: response!.statusCode ?? 0, headers: response!.headers, bytes: await buffer(response!) };
}

const readError = ({ status, bytes }: Fetched) => [status, JSON.parse(bytes.toString())];

type Linked = {
  readonly projectId: number;
  readonly jobId: number;
  readonly runId: number;
  readonly targets: string[];
};

/** A run of a project of its own, and the targets of the links to its files. */
async function createLinked(contents: readonly Buffer[] = [text]): Promise<Linked & { readonly storedName: string }> {
  const { call, projectId } = await app.createCaller();
  const { jobId, runId, parts } = await createSuccessfulRun(app, projectId, contents);
  const targets = await readTargets(call, jobId, runId);
  return { projectId, jobId, runId, targets, storedName: parts[0]!.file.storedName };
}

async function readTargets(
  call: StartedApp["callWith"] extends (token: string) => infer C ? C : never,
  jobId: number,
  runId: number,
) {
  const { files } = payloadOf<{ files: { url: string }[] }>(await call(`/v1/exports/${jobId}/runs/${runId}`));
  return files.map(({ url }) => url.slice(app.endpoint.length));
}

async function createTarget(): Promise<string> {
  const { targets } = await createLinked();
  return targets[0] ?? "";
}

const noLink = [403, errorBody("FORBIDDEN", "This is no link to a file.")];
const ended = [403, errorBody("FORBIDDEN", "The link has ended. Read the run again for a new one.")];
const deleted = [404, errorBody("NOT_FOUND", "The file has been deleted.")];

describe("GET /v1/files/{fileId}", () => {
  test("the whole file without any token, with its name, its checksum and no way into a cache or a page", async () => {
    const { jobId, runId, targets } = await createLinked([text, Buffer.from("second")]);
    const [first, second] = await Promise.all(targets.map((target) => fetchTarget(target)));
    const digest = createHash("sha256").update(text);
    expect([first!.status, first!.bytes]).toStrictEqual([200, text]);
    expect(second!.bytes.toString()).toBe("second");
    const hash = digest.copy().digest("hex");
    const name = `job-${jobId}-run-${runId}-part-1.csv.gz`;
    expect(first!.headers).toMatchObject({
      "accept-ranges": "bytes",
      "cache-control": "private, no-store",
      "content-disposition": `attachment; filename="${name}"; filename*=UTF-8''${name}`,
      "content-length": "1000",
      "content-type": "application/gzip",
      etag: `"${hash}"`,
      "referrer-policy": "no-referrer",
      "repr-digest": `sha-256=:${digest.digest("base64")}:`,
      "x-content-type-options": "nosniff",
    });
    expect(first!.headers).not.toHaveProperty("content-encoding");
    expect(second!.headers["content-disposition"]).toContain("part-2.csv.gz");
    expect(app.logLines.join("")).not.toContain("sig=");
  });

  test("HEAD tells the same and sends nothing; a Range means nothing to it", async () => {
    const target = await createTarget();
    const got = await fetchTarget(target);
    const head = await fetchTarget(target, { method: "HEAD", headers: { range: "bytes=0-1" } });
    const { date: _one, "x-request-id": _id, connection: _connection, ...headers } = got.headers;
    expect([head.status, head.bytes.length]).toStrictEqual([200, 0]);
    expect(head.headers).toMatchObject(headers);
  });

  test("an Authorization header changes nothing, whatever it holds", async () => {
    const target = await createTarget();
    for (const authorization of ["Bearer x", "Basic Zm9vOmJhcg==", "nonsense"]) {
      expect((await fetchTarget(target, { headers: { authorization } })).status).toBe(200);
    }
  });

  test("405 METHOD_NOT_ALLOWED: any other method", async () => {
    const target = await createTarget();
    for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
      const { status, headers } = await fetchTarget(target, { method });
      expect([method, status, headers.allow]).toStrictEqual([method, 405, "GET, HEAD"]);
    }
  });
});

describe("ranges", () => {
  const digest = createHash("sha256").update(text).digest("hex");

  test.each([
    ["bytes=0-9", "0-9", "0123456789"],
    ["bytes=995-", "995-999", "56789"],
    ["bytes=-3", "997-999", "789"],
    ["bytes=998-5000", "998-999", "89"],
  ])("206 for %s", async (range, sent, expected) => {
    const { status, headers, bytes } = await fetchTarget(await createTarget(), { headers: { range } });
    expect([status, bytes.toString()]).toStrictEqual([206, expected]);
    expect([headers["content-range"], headers["content-length"]]).toStrictEqual([
      `bytes ${sent}/1000`,
      `${expected.length}`,
    ]);
    expect(headers["repr-digest"]).toBe(`sha-256=:${Buffer.from(digest, "hex").toString("base64")}:`);
  });

  test.each([
    ["begins behind the end", "bytes=1000-"],
    ["is two", "bytes=0-1,4-5"],
    ["is a thousand", `bytes=${Array.from({ length: 1000 }, (_, index) => `${index}-${index}`).join(",")}`],
  ])("416, with the size, for what %s", async (_name, range) => {
    const answer = await fetchTarget(await createTarget(), { headers: { range } });
    const error = errorBody("INVALID_REQUEST", "Range must be one range within the file.");
    expect(readError(answer)).toStrictEqual([416, error]);
    expect(answer.headers["content-range"]).toBe("bytes */1000");
  });

  test.each(["rows=0-1", "bytes=5-4", "bytes=a-b", "bytes"])("200 for what makes no sense: %s", async (range) => {
    const { status, bytes } = await fetchTarget(await createTarget(), { headers: { range } });
    expect([status, bytes.length]).toStrictEqual([200, 1000]);
  });

  test("If-Range: the part of these very bytes, else the whole file", async () => {
    const target = await createTarget();
    const status = async (ifRange: string) =>
      (await fetchTarget(target, { headers: { range: "bytes=1-2", "if-range": ifRange } })).status;
    expect(await status(`"${digest}"`)).toBe(206);
    for (const other of [`W/"${digest}"`, `"${"0".repeat(64)}"`, digest, "Fri, 15 Jan 2027 08:00:00 GMT", "*"]) {
      expect([other, await status(other)]).toStrictEqual([other, 200]);
    }
  });
});

describe("403 FORBIDDEN, and nothing of what is wrong", () => {
  const withOther = (target: string, at: number, character: string) =>
    target.slice(0, at) + character + target.slice(at + 1);

  test("any character of the file's id or of a parameter is another one", async () => {
    const target = await createTarget();
    const values = [...target.matchAll(/(?<=\/files\/|[&?]\w+=)[^&?]+/g)];
    expect(values.length).toBe(6);
    for (const { 0: value, index } of values) {
      for (let at = index; at < index + value.length; at += 1) {
        const code = target.charCodeAt(at);
        const flips = [1, 2, 4, 8, 16, 32, 64].map((bit) => String.fromCharCode(code ^ bit));
        const [flip = "0"] = flips.filter((character) => /[A-Za-z0-9_-]/.test(character)).slice(at % 2);
        const answer = await fetchTarget(withOther(target, at, flip));
        expect([at, ...readError(answer)]).toStrictEqual([at, ...noLink]);
      }
    }
    expect((await fetchTarget(target)).status).toBe(200);
  });

  test("another file's id, of the same run and of another project", async () => {
    const { targets } = await createLinked([text, text]);
    const foreign = await createTarget();
    const [one = "", other = ""] = targets.map((target) => target.split("?")[0]);
    const [, query = ""] = targets[0]?.split("?") ?? [];
    for (const path of [other, foreign.split("?")[0], `/v1/files/${"0".repeat(32)}`]) {
      expect(readError(await fetchTarget(`${path}?${query}`))).toStrictEqual(noLink);
    }
    expect((await fetchTarget(`${one}?${query}`)).status).toBe(200);
  });

  test("another spelling of the id, and ways to other files", async () => {
    const target = await createTarget();
    const [, id = "", query = ""] = /^\/v1\/files\/(\w+)\?(.*)$/.exec(target) ?? [];
    const upper = id.replace(/[a-f]/, (digit) => digit.toUpperCase());
    const ids = [upper, `${id}%00`, `${id}%20`, `.%2f${id}`, `%2e%2e%2f%2e%2e%2fetc%2fpasswd`, `..%5c${id}`, `${id}a`];
    const long = "a".repeat(1500);
    for (const other of [...ids, id.slice(1), `%00${id}`, long, "..", "%2e%2e", "__proto__", `${id};v=1`, ""]) {
      const answer = await fetchTarget(`/v1/files/${other}?${query}`);
      expect([other, ...readError(answer)]).toStrictEqual([other, ...noLink]);
    }
  });

  test("a link of another host, even with the same keys", async () => {
    const { projectId, runId, jobId } = await createLinked();
    const { nowSeconds } = app.issuer.guardOptions;
    const parts = { storage: app.storage, nowSeconds, randomBytes };
    const links = createLinks({ ...parts, endpoint: "https://api.us-east.example.com" });
    const found = await app.storage.findRun(projectId, jobId, runId);
    const footing = { account: [1, 0], project: [projectId, 0], marks: [1, 2, 3, 4], issuedAt: now } as const;
    const [foreign] = await links.create(footing, found?.files ?? []);
    const { pathname, search } = new URL(foreign!.link.url);
    expect(readError(await fetchTarget(`${pathname}${search}`))).toStrictEqual(noLink);
  });

  test("after all links of the project were ended; a new one is good, and so are other projects'", async () => {
    const { projectId, jobId, runId, targets } = await createLinked();
    const other = await createTarget();
    await app.storage.raiseLinkEpoch(projectId);
    expect(readError(await fetchTarget(targets[0] ?? ""))).toStrictEqual(noLink);
    expect((await fetchTarget(other)).status).toBe(200);
    const call = app.callWith(await app.issuer.mint({ project_id: projectId }));
    const [renewed = ""] = await readTargets(call, jobId, runId);
    expect((await fetchTarget(renewed)).status).toBe(200);
  });
});

describe("what is no path of a file", () => {
  test("404 NOT_FOUND: slashes where there are none", async () => {
    const target = await createTarget();
    const [path = "", query = ""] = target.split("?");
    const id = path.slice("/v1/files/".length);
    const paths = [
      `//v1/files/${id}`,
      `/v1//files/${id}`,
      `/v1/files//${id}`,
      `${path}/`,
      `/v1/./files/${id}`,
      `/v1/files/a/../${id}`,
    ];
    for (const other of [...paths, `/V1/files/${id}`]) {
      const answer = await fetchTarget(`${other}?${query}`);
      expect([other, answer.status]).toStrictEqual([other, 404]);
    }
  });

  test("414 REQUEST_TOO_LARGE: more than 2 KiB", async () => {
    const target = await createTarget();
    expect((await fetchTarget(`${target}${"a".repeat(2048)}`)).status).toBe(414);
  });

  test("400 INVALID_REQUEST: what is not percent-encoded UTF-8", async () => {
    const [, query = ""] = (await createTarget()).split("?");
    for (const id of ["%", "%zz", "%ff"]) expect((await fetchTarget(`/v1/files/${id}?${query}`)).status).toBe(400);
  });
});

describe("parameters", () => {
  test("their order is free", async () => {
    const [path = "", query = ""] = (await createTarget()).split("?");
    const reordered = query.split("&").toReversed().join("&");
    expect((await fetchTarget(`${path}?${reordered}`)).status).toBe(200);
  });

  test("400 INVALID_REQUEST: one is missing, given twice or not known", async () => {
    const [path = "", query = ""] = (await createTarget()).split("?");
    const pairs = query.split("&");
    const without = (pair: string): string => pairs.filter((other) => other !== pair).join("&");
    // A link of the former version had no footing; one of this version is not signed without.
    const [footing = "", required] = [pairs.find(isFooting), pairs.filter((pair) => !isFooting(pair))];
    expect(readError(await fetchTarget(`${path}?${without(footing)}`))).toStrictEqual(noLink);
    const wrong = [
      ...required.map(without),
      ...pairs.map((pair) => `${query}&${pair}`),
      ...pairs.map((pair) => `${query}&${pair.split("=")[0]}=`),
      `${query}&filename=x.html`,
      `${query}&access_token=x`,
      "",
    ];
    for (const other of wrong) {
      const [status, body] = readError(await fetchTarget(`${path}?${other}`));
      expect([other, status, body.errorCode]).toStrictEqual([other, 400, "INVALID_REQUEST"]);
    }
  });
});

const isFooting = (pair: string): boolean => pair.startsWith("footing=");

describe("time", () => {
  test("403 FORBIDDEN after 15 minutes, not a second before, and the text says how to go on", async () => {
    const target = await createTarget();
    app.issuer.advance(899);
    expect((await fetchTarget(target)).status).toBe(200);
    app.issuer.advance(1);
    expect(readError(await fetchTarget(target))).toStrictEqual(ended);
    app.issuer.advance(-900);
  });

  test("404 NOT_FOUND after 7 days, also while the bytes are still there", async () => {
    const { projectId, jobId, runId } = await createLinked();
    app.issuer.advance(60 + 7 * day - 10);
    const call = app.callWith(await app.issuer.mint({ project_id: projectId }));
    const [target = ""] = await readTargets(call, jobId, runId);
    expect((await fetchTarget(target)).status).toBe(200);
    app.issuer.advance(10);
    expect(readError(await fetchTarget(target))).toStrictEqual(deleted);
    app.issuer.advance(-60 - 7 * day);
    expect(app.issuer.guardOptions.nowSeconds()).toBe(now);
  });

  test("the same answer as for no file, when it is forgotten", async () => {
    const target = await createTarget();
    await app.storage.forgetFiles([target.slice("/v1/files/".length).split("?")[0] ?? ""]);
    expect(readError(await fetchTarget(target))).toStrictEqual(noLink);
  });
});

describe("the disk", () => {
  test("404 NOT_FOUND: the bytes have vanished", async () => {
    const { targets, storedName } = await createLinked();
    await app.fileStore.remove(storedName);
    expect(readError(await fetchTarget(targets[0] ?? ""))).toStrictEqual(deleted);
    expect(readError(await fetchTarget(targets[0] ?? "", { headers: { range: "bytes=1-2" } }))).toStrictEqual(deleted);
    expect((await fetchTarget(targets[0] ?? "", { method: "HEAD" })).status).toBe(404);
  });

  test("404 NOT_FOUND: it is not as long as it was", async () => {
    const { targets, storedName } = await createLinked();
    const handle = await app.fileStore.open(storedName);
    writeFileSync(`/proc/self/fd/${handle!.fd}`, "short");
    await handle!.close();
    expect(readError(await fetchTarget(targets[0] ?? ""))).toStrictEqual(deleted);
  });
});

test("a reader that stops in the middle holds back the rest, and gives its place up when it goes", async () => {
  const { targets } = await createLinked([randomBytes(16_000_000)]);
  const open = async (): Promise<IncomingMessage> => {
    const sent = request(app.url, { path: targets[0], agent: false });
    sent.end();
    const [response]: IncomingMessage[] = await once(sent, "response");
    return response!;
  };
  const openTen = () => Promise.all(Array.from({ length: 10 }, open));
  const leave = (readers: readonly IncomingMessage[]): boolean => {
    for (const reader of readers) reader.destroy();
    return readers.every(({ statusCode }) => statusCode === 200);
  };
  const readers = await openTen();
  const eleventh = await fetchTarget(targets[0] ?? "");
  expect(readError(eleventh)).toStrictEqual([
    429,
    errorBody("RATE_LIMITED", "A project may have 10 requests at once.", "temporarily_unavailable"),
  ]);
  expect(eleventh.headers["retry-after"]).toBe("1");
  expect((await fetchTarget(await createTarget())).status).toBe(200);
  expect(leave(readers)).toBe(true);
  await expect.poll(async () => leave(await openTen()), { timeout: 20_000, interval: 200 }).toBe(true);
});
