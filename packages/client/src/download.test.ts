import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { brotliCompressSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { testProperty } from "../../../test/property.ts";
import { createAddressRules } from "./address-rules.ts";
import { createBlot } from "./blot.ts";
import { ClientError } from "./client-error.ts";
import type { DownloadOptions } from "./data-export.ts";
import { download } from "./download.ts";
import { createRetryBudget } from "./retry-policy.ts";
import { createTransport } from "./transport.ts";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const signature = "c2lnbmF0dXJl+Zm9yIHRlc3Rz";

/** Real HTTP; each request is answered by the next of `answers`, the last one again and again. */
async function startFiles(...answers: readonly Answer[]) {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    answers[Math.min(requests.length, answers.length) - 1]?.(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const stop = (): void => {
    server.close();
    server.closeAllConnections();
  };
  const file = { partId: 1, url: `http://127.0.0.1:${port}/file?sig=${signature}` };
  return { file, requests, stop, ranges: () => requests.map(({ headers }) => headers.range) };
}

/** For one test; stops with it. */
async function serve(...answers: readonly Answer[]) {
  const files = await startFiles(...answers);
  onTestFinished(files.stop);
  return files;
}

function createParts({ fetch = globalThis.fetch, authUrl = "http://127.0.0.1" } = {}) {
  const slept: number[] = [];
  const parts = {
    fetch,
    now: () => 0,
    random: () => 0.5,
    sleep: async (milliseconds: number, signal?: AbortSignal) => {
      signal?.throwIfAborted();
      slept.push(milliseconds);
    },
    on: {},
    timeoutMilliseconds: 5_000,
    maxAttempts: 1,
    budget: createRetryBudget(),
    blot: createBlot(() => []),
  };
  return { ...parts, ...createTransport(parts), addresses: createAddressRules(new URL(authUrl)), slept };
}

type Sending = {
  readonly etag?: string;
  /** Whether a Range is obeyed. */
  readonly isRangeObeyed?: boolean;
  /** How many bytes of the body come before the connection is cut. */
  readonly cutAfter?: number;
  readonly headers?: Readonly<Record<string, string>>;
};

/** A store of files as it should be, but for what the options say. */
function send(body: Buffer, { etag, isRangeObeyed = true, cutAfter, headers }: Sending = {}): Answer {
  return (request, response) => {
    const start = isRangeObeyed ? findStart(request, etag) : undefined;
    if (etag !== undefined) response.setHeader("etag", etag);
    if (start !== undefined && start >= body.length) {
      response.writeHead(416, { "content-range": `bytes */${body.length}` }).end();
      return;
    }
    const rest = body.subarray(start ?? 0);
    response.setHeader("content-length", rest.length);
    if (start !== undefined) response.setHeader("content-range", `bytes ${start}-${body.length - 1}/${body.length}`);
    response.writeHead(start === undefined ? 200 : 206, headers);
    if (cutAfter === undefined || cutAfter >= rest.length) response.end(rest);
    else cut(response, rest.subarray(0, cutAfter));
  };
}

function cut(response: ServerResponse, bytes: Buffer): void {
  response.flushHeaders();
  response.write(bytes, () => response.socket?.destroySoon());
}

function findStart({ headers }: IncomingMessage, etag: string | undefined): number | undefined {
  const start = /^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1];
  const isOther = headers["if-range"] !== undefined && headers["if-range"] !== etag;
  return start === undefined || isOther ? undefined : Number(start);
}

const refuse =
  (status: number, body = "<Error>no</Error>"): Answer =>
  (_, response) => {
    response.writeHead(status, { "content-type": "application/xml" }).end(body);
  };

async function readAll(stream: ReadableStream<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(stream));
}

async function save(
  { file }: Awaited<ReturnType<typeof startFiles>>,
  options?: DownloadOptions,
  parts = createParts(),
): Promise<Buffer> {
  return readAll(await download(parts, file, options));
}

async function findFault(promise: Promise<unknown>): Promise<ClientError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ClientError);
  expect(inspect(error, { depth: 10 })).not.toContain(signature);
  expect(inspect(error, { depth: 10 })).not.toContain("sig=");
  return error as ClientError;
}

const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const plain = Buffer.from(Array.from({ length: 20_000 }, (_, line) => `{"line":${line}}\n`).join(""));
const packed = gzipSync(plain);

test("a file comes as it is, without a token and not compressed on the way", async () => {
  const files = await serve(send(packed));
  expect(digest(await save(files))).toBe(digest(packed));
  expect(files.requests).toHaveLength(1);
  const { headers } = files.requests[0]!;
  expect(headers).toMatchObject({ "accept-encoding": "identity" });
  expect(headers).not.toHaveProperty("authorization");
  expect(headers).not.toHaveProperty("range");
});

test("gunzip unpacks, and progress counts what was sent", async () => {
  const files = await serve(send(packed));
  const told: [number, number | undefined][] = [];
  const bytes = await save(files, { gunzip: true, onProgress: (...progress) => told.push(progress) });
  expect(digest(bytes)).toBe(digest(plain));
  expect(told.at(-1)).toEqual([packed.length, packed.length]);
});

test("an empty file is an empty file", async () => {
  const files = await serve(send(Buffer.alloc(0)));
  expect(await save(files)).toHaveLength(0);
});

test("without a length the end of the chunks is the end; the total is undefined", async () => {
  const files = await serve((_, response) => {
    response.write(packed.subarray(0, 10));
    response.end(packed.subarray(10));
  });
  const totals = new Set<number | undefined>();
  const bytes = await save(files, { onProgress: (_, total) => totals.add(total) });
  expect(digest(bytes)).toBe(digest(packed));
  expect(totals).toEqual(new Set([undefined]));
});

test("a cut connection is taken up again at the byte where it broke", async () => {
  const files = await serve(send(packed, { etag: '"1"', cutAfter: 1_000 }), send(packed, { etag: '"1"' }));
  const parts = createParts();
  expect(digest(await save(files, undefined, parts))).toBe(digest(packed));
  expect(files.ranges()).toEqual([undefined, "bytes=1000-"]);
  expect(files.requests[1]?.headers["if-range"]).toBe('"1"');
  expect(parts.slept).toEqual([125]);
});

test("without a length a cut connection is taken up again as well", async () => {
  const files = await serve((_, response) => cut(response, packed.subarray(0, 1_000)), send(packed));
  expect(digest(await save(files))).toBe(digest(packed));
  expect(files.ranges()).toEqual([undefined, "bytes=1000-"]);
});

test("a weak ETag is compared, and not sent as a condition", async () => {
  const files = await serve(send(packed, { etag: 'W/"1"', cutAfter: 1_000 }), send(packed, { etag: 'W/"1"' }));
  expect(digest(await save(files))).toBe(digest(packed));
  expect(files.requests[1]?.headers).not.toHaveProperty("if-range");
});

test("a service that ignores Range: what is there already is skipped", async () => {
  const files = await serve(send(packed, { cutAfter: 1_000 }), send(packed, { isRangeObeyed: false }));
  expect(digest(await save(files, { gunzip: true }))).toBe(digest(plain));
  expect(files.ranges()).toEqual([undefined, "bytes=1000-"]);
});

test("a service that sends parts of 1,000 bytes is read to the end", async () => {
  const part: Answer = (request, response) => {
    const start = findStart(request, undefined) ?? 0;
    const body = packed.subarray(start, start + 1_000);
    const range = `bytes ${start}-${start + body.length - 1}/${packed.length}`;
    response.writeHead(206, { "content-range": range, "content-length": body.length }).end(body);
  };
  const files = await serve(part);
  const body = await save(files);
  expect(digest(body)).toBe(digest(packed));
  expect(files.requests).toHaveLength(Math.ceil(packed.length / 1_000));
});

test("a part that begins earlier than asked: the repeated bytes are skipped", async () => {
  const early: Answer = (_, response) => {
    const range = `bytes 900-${packed.length - 1}/${packed.length}`;
    response.writeHead(206, { "content-range": range }).end(packed.subarray(900));
  };
  const files = await serve(send(packed, { cutAfter: 1_000 }), early);
  expect(digest(await save(files))).toBe(digest(packed));
});

test.each([
  { name: "begins later than asked", range: "bytes 1001-1001/5000" },
  { name: "does not say where it begins", range: undefined },
])("UNEXPECTED_ANSWER: a part that $name", async ({ range }) => {
  const late: Answer = (_, response) => {
    response.writeHead(206, range === undefined ? {} : { "content-range": range }).end("x");
  };
  const files = await serve(send(Buffer.alloc(5_000), { cutAfter: 1_000 }), late);
  expect(await findFault(save(files))).toMatchObject({ kind: "not_oauth", code: "UNEXPECTED_ANSWER", status: 206 });
});

test("the service's digest of the whole file is told at each connection, and no digest where fetch unpacks", async () => {
  const digest = createHash("sha256").update(packed).digest("base64");
  const headers = { "repr-digest": `md5=:AAAA:, sha-256=:${digest}:` };
  const files = await serve(send(packed, { headers, cutAfter: 1_000 }), send(packed, { headers }));
  const told: string[] = [];
  const onDigest = (sha256: string): void => void told.push(sha256);
  await readAll(await download(createParts(), files.file, { onDigest }));
  expect(told).toEqual([digest, digest]);
  for (const others of [
    {},
    { "repr-digest": "sha-512=:AAAA:" },
    { "repr-digest": "sha-256=:short:" },
    { ...headers, "content-encoding": "gzip" },
  ]) {
    const other = await serve(send(packed, { headers: others }));
    await readAll(await download(createParts(), other.file, { onDigest }));
  }
  expect(told.length).toBe(2);
});

test.each([
  { name: "another ETag, Range obeyed", body: packed, etag: '"2"', isRangeObeyed: true },
  { name: "another ETag, Range ignored", body: packed, etag: '"2"', isRangeObeyed: false },
  { name: "another length in Content-Range", body: Buffer.concat([packed, packed]), etag: '"1"', isRangeObeyed: true },
  { name: "another length, Range ignored", body: Buffer.concat([packed, packed]), etag: '"1"', isRangeObeyed: false },
  { name: "shorter than what is there", body: packed.subarray(0, 500), etag: '"1"', isRangeObeyed: true },
])("FILE_CHANGED: $name", async ({ body, etag, isRangeObeyed }) => {
  const first = send(packed, { etag: '"1"', cutAfter: 1_000 });
  const files = await serve(first, send(body, { etag, isRangeObeyed }));
  expect(await findFault(save(files))).toMatchObject({
    kind: "not_oauth",
    code: "FILE_CHANGED",
    message: "The file has changed meanwhile.",
  });
  expect(files.requests).toHaveLength(2);
});

test("DOWNLOAD_INCOMPLETE: without a length, and shorter than what is there", async () => {
  const first: Answer = (_, response) => cut(response, packed.subarray(0, 1_000));
  const files = await serve(first, (_, response) => {
    response.write("short");
    response.end();
  });
  expect(await findFault(save(files))).toMatchObject({
    code: "DOWNLOAD_INCOMPLETE",
    message: "The download broke off after 1000 bytes.",
  });
});

test("DOWNLOAD_INCOMPLETE: five connections in a row bring nothing new", async () => {
  const files = await serve(send(packed, { cutAfter: 1_000 }), send(packed, { cutAfter: 0 }));
  const parts = createParts();
  expect(await findFault(save(files, undefined, parts))).toMatchObject({
    kind: "unreachable",
    code: "DOWNLOAD_INCOMPLETE",
    message: `The download broke off after 1000 of ${packed.length} bytes.`,
  });
  expect(files.requests).toHaveLength(6);
  expect(parts.slept).toEqual([125, 250, 500, 1000, 2000]);
});

test("any new byte begins the count anew", async () => {
  const files = await serve(send(packed.subarray(0, 40), { cutAfter: 1 }));
  expect(await save(files)).toEqual(packed.subarray(0, 40));
  expect(files.requests).toHaveLength(40);
});

test("skipped bytes are not new ones", async () => {
  const files = await serve(send(packed, { cutAfter: 1_000, isRangeObeyed: false }));
  expect(await findFault(save(files))).toMatchObject({ code: "DOWNLOAD_INCOMPLETE" });
  expect(files.requests).toHaveLength(6);
});

test("a service that is away while the download goes on counts as a connection without new bytes", async () => {
  const files = await serve(
    send(packed, { cutAfter: 1_000 }),
    refuse(503),
    (request) => request.socket.destroy(),
    send(packed),
  );
  expect(digest(await save(files))).toBe(digest(packed));
  expect(files.ranges()).toEqual([undefined, "bytes=1000-", "bytes=1000-", "bytes=1000-"]);
});

test("DOWNLOAD_INCOMPLETE names the last refusal as its cause", async () => {
  const files = await serve(send(packed, { cutAfter: 1_000 }), refuse(503));
  const fault = await findFault(save(files));
  expect(fault).toMatchObject({ code: "DOWNLOAD_INCOMPLETE", cause: { code: "HTTP_503", kind: "unreachable" } });
});

test("DOWNLOAD_INCOMPLETE: more bytes than announced", async () => {
  const fetch: typeof globalThis.fetch = async () => new Response("12345", { headers: { "content-length": "4" } });
  const file = { partId: 1, url: `http://127.0.0.1/file?sig=${signature}` };
  const stream = await download(createParts({ fetch }), file);
  expect(await findFault(readAll(stream))).toMatchObject({
    kind: "unreachable",
    code: "DOWNLOAD_INCOMPLETE",
    message: "The download broke off after 5 of 4 bytes.",
  });
});

test("a connection that falls silent is cut and taken up again", async () => {
  const silent: Answer = (_, response) => {
    response.writeHead(200, { "content-length": packed.length });
    response.write(packed.subarray(0, 1_000));
  };
  const files = await serve(silent, send(packed));
  const parts = { ...createParts(), timeoutMilliseconds: 50 };
  expect(digest(await save(files, undefined, parts))).toBe(digest(packed));
  expect(files.ranges()).toEqual([undefined, "bytes=1000-"]);
});

test("offset begins with a Range, and gives the rest", async () => {
  const files = await serve(send(packed));
  const told: number[] = [];
  const rest = await save(files, { offset: 700, onProgress: (received) => told.push(received) });
  expect(digest(rest)).toBe(digest(packed.subarray(700)));
  expect(files.ranges()).toEqual(["bytes=700-"]);
  expect(told.at(-1)).toBe(packed.length);
});

test("offset where Range is ignored: the beginning is skipped", async () => {
  const files = await serve(send(packed, { isRangeObeyed: false }));
  expect(digest(await save(files, { offset: 700 }))).toBe(digest(packed.subarray(700)));
});

test("offset at the end of the file: nothing is left", async () => {
  const files = await serve(send(packed));
  expect(await save(files, { offset: packed.length })).toHaveLength(0);
  expect(files.requests).toHaveLength(1);
});

test("FILE_CHANGED: offset behind the end of the file", async () => {
  const files = await serve(send(packed));
  expect(await findFault(save(files, { offset: packed.length + 1 }))).toMatchObject({ code: "FILE_CHANGED" });
});

test.each([{ offset: -1 }, { offset: 0.5 }, { offset: Number.NaN }, { offset: 1, gunzip: true }])(
  "TypeError: %o, and nothing is asked",
  async (options) => {
    const files = await serve(send(packed));
    const wanted = new TypeError("offset (without gunzip) must be a positive integer.");
    await expect(save(files, options)).rejects.toThrow(wanted);
    expect(files.requests).toHaveLength(0);
  },
);

test("offset 0 is the beginning, and goes with gunzip", async () => {
  const files = await serve(send(packed));
  expect(digest(await save(files, { offset: 0, gunzip: true }))).toBe(digest(plain));
  expect(files.ranges()).toEqual([undefined]);
});

test.each([400, 401, 403, 404, 410])("%d with a new link: asked for once, and the download goes on", async (status) => {
  const files = await serve(send(packed, { cutAfter: 1_000 }), refuse(status), send(packed));
  const renewed: string[] = [];
  const renewLink = async () => {
    const url = files.file.url.replace("/file", "/renewed");
    renewed.push(url);
    return { partId: 1, url };
  };
  expect(digest(await save(files, { renewLink }))).toBe(digest(packed));
  expect(renewed).toHaveLength(1);
  expect(files.requests.map(({ url }) => url?.split("?")[0])).toEqual(["/file", "/file", "/renewed"]);
  expect(files.ranges()).toEqual([undefined, "bytes=1000-", "bytes=1000-"]);
});

test("a renewed link that is refused at once is not renewed again", async () => {
  const files = await serve(refuse(403));
  let renewals = 0;
  const renewLink = async () => {
    renewals += 1;
    return files.file;
  };
  expect(await findFault(save(files, { renewLink }))).toMatchObject({ kind: "refused", code: "HTTP_403", status: 403 });
  expect(renewals).toBe(1);
});

test("a long download may outlive several links", async () => {
  const part = send(packed, { cutAfter: 1_000 });
  const files = await serve(part, refuse(403), part, refuse(403), part, refuse(403), send(packed));
  let renewals = 0;
  const renewLink = async () => {
    renewals += 1;
    return files.file;
  };
  expect(digest(await save(files, { renewLink }))).toBe(digest(packed));
  expect(renewals).toBe(3);
});

test.each([
  { status: 403, body: "<Error/>", wanted: { kind: "refused", code: "HTTP_403" } },
  { status: 404, body: "<Error/>", wanted: { kind: "refused", code: "HTTP_404" } },
  { status: 410, body: "", wanted: { kind: "refused", code: "HTTP_410" } },
  { status: 416, body: "", wanted: { kind: "refused", code: "HTTP_416" } },
  { status: 500, body: "<html>", wanted: { kind: "unreachable", code: "HTTP_500" } },
  { status: 403, body: '{"errorCode":"LINK_EXPIRED"}', wanted: { kind: "refused", code: "LINK_EXPIRED" } },
])("$status $body: the status says all, unless the error is one of the protocol", async ({ status, body, wanted }) => {
  const files = await serve(refuse(status, body));
  expect(await findFault(save(files))).toMatchObject({ ...wanted, status });
});

test("a refusal that repeats the address does not bring the signature into the error", async () => {
  const files = await serve((request, response) => {
    response.writeHead(403).end(JSON.stringify({ errorMessage: `No to http://127.0.0.1${request.url} today.` }));
  });
  expect(await findFault(save(files))).toMatchObject({ serverText: "No to http://127.0.0.1/file today." });
});

test("an error of the runtime that repeats the address does not bring the signature into the error", async () => {
  const fetch: typeof globalThis.fetch = (input) => Promise.reject(new TypeError(`error for url (${input}): refused`));
  const file = { partId: 1, url: `http://127.0.0.1/file?sig=${signature}` };
  expect(await findFault(download(createParts({ fetch }), file))).toMatchObject({ code: "CONNECTION_FAILED" });
});

test.each([
  { name: "http, while the service is not on this machine", url: "http://files.example.com/1?sig=s" },
  { name: "loopback, while the service is not on this machine", url: "http://127.0.0.1:1/1?sig=s" },
  { name: "a name and password", url: "https://name:password@files.example.com/1?sig=s" },
  { name: "another scheme", url: "file:///etc/passwd" },
  { name: "no address", url: "/relative?sig=s" },
])("ADDRESS_NOT_ALLOWED: $name", async ({ url }) => {
  const fetch: typeof globalThis.fetch = () => Promise.reject(new Error("Nothing is meant to be fetched."));
  const parts = createParts({ fetch, authUrl: "https://api.example.com" });
  const fault = await findFault(download(parts, { partId: 1, url }));
  expect(fault).toMatchObject({ kind: "not_oauth", code: "ADDRESS_NOT_ALLOWED" });
  expect(fault.message).toBe("The file's address is not allowed.");
});

test("ADDRESS_NOT_ALLOWED: a redirect from https to http, and nothing of it is read", async () => {
  let isCancelled = false;
  const body = new ReadableStream({
    cancel: () => {
      isCancelled = true;
    },
  });
  const fetch: typeof globalThis.fetch = async (_, init) => {
    const response = new Response(body);
    Object.defineProperty(response, "url", { value: `http://files.example.com/1?sig=${signature}` });
    init?.signal?.addEventListener("abort", () => response.body?.cancel());
    return response;
  };
  const parts = createParts({ fetch, authUrl: "https://api.example.com" });
  const file = { partId: 1, url: `https://files.example.com/1?sig=${signature}` };
  expect(await findFault(download(parts, file))).toMatchObject({ code: "ADDRESS_NOT_ALLOWED" });
  expect(isCancelled).toBe(true);
});

test("a redirect to an allowed address is followed", async () => {
  const files = await serve((_, response) => {
    response.writeHead(302, { location: "/elsewhere" }).end();
  }, send(packed));
  expect(digest(await save(files))).toBe(digest(packed));
});

test.each([
  { name: "cut in the middle", body: packed.subarray(0, packed.length >> 1) },
  { name: "without its last byte", body: packed.subarray(0, -1) },
  { name: "only the header", body: packed.subarray(0, 10) },
  { name: "a web page", body: Buffer.from("<!doctype html>") },
  { name: "a wrong checksum", body: Buffer.concat([packed.subarray(0, -8), Buffer.alloc(8)]) },
])("FILE_DAMAGED: $name, though the length is as announced", async ({ body }) => {
  const files = await serve(send(body));
  expect(await findFault(save(files, { gunzip: true }))).toMatchObject({
    kind: "not_oauth",
    code: "FILE_DAMAGED",
    message: "The file is not a whole gzip file.",
  });
});

test("DOWNLOAD_INCOMPLETE comes through the unpacking as it is", async () => {
  const files = await serve(send(packed, { cutAfter: 1_000 }), send(packed, { cutAfter: 0 }));
  expect(await findFault(save(files, { gunzip: true }))).toMatchObject({ code: "DOWNLOAD_INCOMPLETE" });
});

test("a store that answers with Content-Encoding: gzip is unpacked once", async () => {
  const files = await serve(send(packed, { headers: { "content-encoding": "gzip" } }));
  expect(digest(await save(files, { gunzip: true }))).toBe(digest(plain));
});

test("a runtime that leaves it packed: it is unpacked here", async () => {
  const headers = { "content-encoding": "gzip", "content-length": `${packed.length}` };
  const fetch: typeof globalThis.fetch = async () => new Response(packed, { headers });
  const stream = await download(createParts({ fetch }), { partId: 1, url: "http://127.0.0.1/file" }, { gunzip: true });
  expect(digest(await readAll(stream))).toBe(digest(plain));
});

test("what fetch unpacks has no place to go on at: the beginning comes again and is skipped", async () => {
  const encoded = brotliCompressSync(randomBytes(500_000));
  const headers = { "content-encoding": "br" };
  const files = await serve(send(encoded, { headers, cutAfter: encoded.length >> 1 }), send(encoded, { headers }));
  expect(await save(files)).toHaveLength(500_000);
  expect(files.ranges()).toEqual([undefined, undefined]);
});

test("a reader that does not read stops the service from sending", async () => {
  const size = 64 * 1024 * 1024;
  const block = Buffer.alloc(65_536);
  let sent = 0;
  const files = await serve((_, response) => {
    response.writeHead(200, { "content-length": size });
    const fill = (): void => {
      while (sent < size) {
        sent += block.length;
        if (!response.write(block)) return;
      }
    };
    response.on("drain", fill);
    fill();
  });
  const stream = await download(createParts(), files.file);
  const reader = stream.getReader();
  await reader.read();
  // Were anything read ahead, it would have come in the time of so many other requests.
  const other = await serve(send(packed));
  for (let round = 0; round < 100; round += 1) await (await fetch(other.file.url)).arrayBuffer();
  expect(sent).toBeLessThan(size / 2);
  await reader.cancel();
});

test.each([
  { name: "as it is sent", gunzip: false, mostPulls: 2 },
  { name: "unpacked", gunzip: true, mostPulls: 200 },
])("$name, not more is read of the connection than the reader has asked for", async ({ gunzip, mostPulls }) => {
  const body = gzipSync(randomBytes(4_000_000));
  let pulls = 0;
  const pull = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
    controller.enqueue(body.subarray(pulls * 4_000, (pulls + 1) * 4_000));
    pulls += 1;
  };
  const fetch: typeof globalThis.fetch = async () => new Response(new ReadableStream({ pull }));
  const file = { partId: 1, url: "http://127.0.0.1/file" };
  const reader = (await download(createParts({ fetch }), file, { gunzip })).getReader();
  await reader.read();
  for (let turn = 0; turn < 1_000; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  expect(pulls).toBeLessThanOrEqual(mostPulls);
});

test.each([
  { name: "cancel", gunzip: false },
  { name: "cancel while unpacking", gunzip: true },
])("$name ends the connection", async ({ gunzip }) => {
  const body = gzipSync(randomBytes(4_000_000));
  let closed: Promise<unknown> | undefined;
  const files = await serve((_, response) => {
    closed = once(response, "close");
    response.writeHead(200, { "content-length": body.length + 1 });
    response.write(body);
  });
  const stream = await download(createParts(), files.file, { gunzip });
  const reader = stream.getReader();
  await reader.read();
  await reader.cancel();
  await closed;
  expect(files.requests).toHaveLength(1);
});

test.each([
  { name: "while it waits for bytes", gunzip: false, readsBefore: 1 },
  { name: "while it waits for bytes to unpack", gunzip: true, readsBefore: 0 },
])("the signal errors the stream with its reason $name, and ends the connection", async ({ gunzip, readsBefore }) => {
  let closed: Promise<unknown> | undefined;
  const files = await serve((_, response) => {
    closed = once(response, "close");
    response.writeHead(200, { "content-length": packed.length });
    response.write(packed.subarray(0, 15));
  });
  const abort = new AbortController();
  const reason = new Error("enough");
  const reader = (await download(createParts(), files.file, { gunzip, signal: abort.signal })).getReader();
  for (let reads = 0; reads < readsBefore; reads += 1) await reader.read();
  const read = reader.read();
  abort.abort(reason);
  await expect(read).rejects.toBe(reason);
  await closed;
});

test("a signal that ends between two reads errors the next one", async () => {
  const files = await serve(send(packed));
  const abort = new AbortController();
  const stream = await download(createParts(), files.file, { gunzip: true, signal: abort.signal });
  const reader = stream.getReader();
  await reader.read();
  abort.abort(new Error("enough"));
  await expect(reader.read()).rejects.toThrow("enough");
});

test("a signal that has ended before: nothing is asked", async () => {
  const files = await serve(send(packed));
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(save(files, { signal })).rejects.toThrow("enough");
  expect(files.requests).toHaveLength(0);
});

test("an error of onProgress errors the stream and ends the connection", async () => {
  let closed: Promise<unknown> | undefined;
  const files = await serve((_, response) => {
    closed = once(response, "close");
    response.writeHead(200, { "content-length": 100 }).write("begin");
  });
  const onProgress = () => {
    throw new RangeError("told too much");
  };
  await expect(save(files, { onProgress, gunzip: true })).rejects.toThrow("told too much");
  await closed;
});

const shared = { answer: send(packed) };
const sharedFiles = await startFiles((request, response) => shared.answer(request, response));
afterAll(sharedFiles.stop);

const fault = fc.record({
  cutAfter: fc.nat(3_000),
  isRangeObeyed: fc.boolean(),
  isAway: fc.boolean(),
  isLengthTold: fc.boolean(),
});

testProperty(
  "whatever is cut where, the file comes byte by byte as it is",
  400,
  fc.asyncProperty(
    fc.uint8Array({ maxLength: 20_000, size: "max" }),
    fc.array(fault, { maxLength: 5 }),
    fc.boolean(),
    fc.option(fc.string({ minLength: 1, maxLength: 1, unit: fc.constantFrom("a", "b") }), { nil: undefined }),
    async (bytes, faults, gunzip, version) => {
      const body = gunzip ? gzipSync(bytes) : Buffer.from(bytes);
      const etag = version === undefined ? {} : { etag: `"${version}"` };
      let asked = 0;
      shared.answer = (request, response) => {
        const faulty = faults[asked];
        asked += 1;
        if (faulty === undefined) send(body, etag)(request, response);
        else if (faulty.isAway && asked > 1) refuse(503)(request, response);
        else if (faulty.isLengthTold) send(body, { ...faulty, ...etag })(request, response);
        else {
          if (version !== undefined) response.setHeader("etag", `"${version}"`);
          cut(response, body.subarray(0, faulty.cutAfter));
        }
      };
      const saved = await save(sharedFiles, { gunzip });
      expect(saved.equals(Buffer.from(bytes))).toBe(true);
    },
  ),
);
