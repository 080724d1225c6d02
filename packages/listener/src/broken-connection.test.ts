import { METHODS } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { exchange, openRawConnection } from "../../../test/raw-connection.ts";
import {
  countParameters,
  expectFlatError,
  type StartedListener,
  startListener,
} from "../../../test/started-listener.ts";
import { refuseBrokenRequest } from "./broken-connection.ts";

/** Stands in every hostile request; no answer and no log line may hold it. */
const canary = "zanzibar7";
const host = "Host: a.example\r\n";
const form = "Content-Type: application/x-www-form-urlencoded\r\n";
const post = `POST /form?${canary} HTTP/1.1\r\n${host}${form}X-Sent: ${canary}\r\n`;
const get = `GET /text?${canary} HTTP/1.1\r\nX-Sent: ${canary}\r\n`;
const chunk = `${canary.length.toString(16)}\r\n${canary}\r\n0\r\n\r\n`;

const malformed = [400, "invalid_request", "INVALID_REQUEST"] as const;
const tooLarge = (status: number) => [status, "invalid_request", "REQUEST_TOO_LARGE"] as const;
const notAllowed = [405, "invalid_request", "METHOD_NOT_ALLOWED"] as const;

describe("what the parser throws", () => {
  const refuseWith = (code: string | undefined) =>
    refuseBrokenRequest(Object.assign(new Error("parse"), code === undefined ? {} : { code }), () => undefined);

  test.each([
    ["ERR_HTTP_REQUEST_TIMEOUT", 408, "INVALID_REQUEST"],
    ["HPE_HEADER_OVERFLOW", 431, "REQUEST_TOO_LARGE"],
    ["HPE_CHUNK_EXTENSIONS_OVERFLOW", 413, "REQUEST_TOO_LARGE"],
    ["HPE_INVALID_METHOD", 400, "INVALID_REQUEST"],
    ["HPE_INVALID_CONSTANT", 400, "INVALID_REQUEST"],
    [undefined, 400, "INVALID_REQUEST"],
  ])("%s is %i %s", (code, status, errorCode) => {
    expect(refuseWith(code)).toMatchObject({ status, code: errorCode });
  });

  test.each(["ECONNRESET", "EPIPE"])("%s has nobody to answer", (code) => {
    expect(refuseWith(code)).toBeUndefined();
  });
});

describe("a listener on bare sockets", () => {
  let started: StartedListener;
  /** What an endpoint waits for, so that a test decides when it answers. */
  let release = (): void => undefined;

  beforeAll(async () => {
    started = await startListener({
      routes: {
        "/form": { POST: countParameters },
        "/text": { GET: () => ({ status: 200, body: { text: "here" } }) },
        "/things/:id": { GET: () => ({ status: 200, body: {} }), DELETE: () => ({ status: 204, body: undefined }) },
        "/things/first": { GET: () => ({ status: 200, body: {} }) },
        "/slow": {
          GET: async () => {
            await new Promise<void>((resolve) => {
              release = resolve;
            });
            return { status: 200, body: { text: "late" } };
          },
        },
      },
    });
  });
  afterAll(() => started.stop());
  beforeEach(() => {
    started.logLines.length = 0;
  });

  const expectAlive = async (): Promise<void> => {
    const answer = await exchange(started.url, `GET /text HTTP/1.1\r\n${host}\r\n`);
    expect([answer.status, answer.text]).toEqual([200, '{"text":"here"}']);
  };

  const expectRefusedAndClosed = async (
    bytes: string,
    expected: readonly [number, string, string],
  ): Promise<ReadonlyMap<string, string>> => {
    const connection = await openRawConnection(started.url);
    connection.send(bytes);
    const answer = await connection.readAnswer();
    expectFlatError(answer, expected);
    expect(answer.headers.get("connection")).toBe("close");
    expect(await connection.closed).toBe("");
    const seen = [answer.text, ...answer.headers.values(), ...started.logLines].join("\n");
    expect(seen).not.toContain(canary);
    expect(seen).not.toContain('"level":"error"');
    await expectAlive();
    return answer.headers;
  };

  describe("R-40: 400 and a closed connection where the end of a message is in doubt", () => {
    test.each([
      ["two equal Content-Length", `${post}Content-Length: 9\r\nContent-Length: 9\r\n\r\n${canary}`],
      ["two different Content-Length", `${post}Content-Length: 9\r\nContent-Length: 4\r\n\r\n${canary}`],
      ["a list in Content-Length", `${post}Content-Length: 9, 9\r\n\r\n${canary}`],
      ["a sign in Content-Length", `${post}Content-Length: +9\r\n\r\n${canary}`],
      ["a negative Content-Length", `${post}Content-Length: -9\r\n\r\n${canary}`],
      ["a hexadecimal Content-Length", `${post}Content-Length: 0x9\r\n\r\n${canary}`],
      ["an empty Content-Length", `${post}Content-Length: \r\n\r\n${canary}`],
      ["a Content-Length beyond 2^64", `${post}Content-Length: 99999999999999999999999\r\n\r\n${canary}`],
      [
        "Content-Length, then Transfer-Encoding",
        `${post}Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`,
      ],
      [
        "Transfer-Encoding, then Content-Length",
        `${post}Transfer-Encoding: chunked\r\nContent-Length: 9\r\n\r\n${chunk}`,
      ],
      ...[
        "gzip",
        "gzip, chunked",
        "chunked, gzip",
        "chunked, chunked",
        "identity",
        "identity, chunked",
        "chunked, identity",
        "xchunked",
        "chunked;q=1",
        '"chunked"',
        "\x0bchunked",
        "",
      ].map((coding) => [
        `Transfer-Encoding ${JSON.stringify(coding)}`,
        `${post}Transfer-Encoding: ${coding}\r\n\r\n${chunk}`,
      ]),
      [
        "two fields Transfer-Encoding: chunked",
        `${post}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`,
      ],
      ["a blank before the colon", `${post}Transfer-Encoding : chunked\r\n\r\n${chunk}`],
      [
        "Transfer-Encoding in HTTP/1.0",
        `${post.replace("HTTP/1.1", "HTTP/1.0")}Transfer-Encoding: chunked\r\n\r\n${chunk}`,
      ],
      ["a chunk size that is no number", `${post}Transfer-Encoding: chunked\r\n\r\nxy\r\n${canary}\r\n0\r\n\r\n`],
      ["a negative chunk size", `${post}Transfer-Encoding: chunked\r\n\r\n-9\r\n${canary}\r\n0\r\n\r\n`],
      ["a chunk size with 0x", `${post}Transfer-Encoding: chunked\r\n\r\n0x9\r\n${canary}\r\n0\r\n\r\n`],
      ["a chunk longer than it says", `${post}Transfer-Encoding: chunked\r\n\r\n3\r\n${canary}\r\n0\r\n\r\n`],
      ["a chunk that ends in a bare LF", `${post}Transfer-Encoding: chunked\r\n\r\n9\n${canary}\r\n0\r\n\r\n`],
      [
        "a Content-Length among the trailers",
        `${post}Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 5\r\n\r\n`,
      ],
      ["bare LF after every line", `GET /text?${canary} HTTP/1.1\nHost: a.example\n\n`],
      ["a bare LF after one header", `${get}Host: a.example\nX-More: b\r\n\r\n`],
      ["a bare CR inside a header", `${get}${host}X-More: b\rc\r\n\r\n`],
      ["a bare LF at the end of the head", `${get}Host: a.example\r\n\n`],
      ["obs-fold", `${get}${host}X-More: a\r\n b\r\n\r\n`],
      ["obs-fold on the first header", `GET /text HTTP/1.1\r\n Host: a.example\r\n\r\n`],
      ["no Host in HTTP/1.1", `${get}\r\n`],
      ["two Host", `${get}${host}${host}\r\n`],
      ["NUL in a header", `${get}${host}X-More: a\0b\r\n\r\n`],
      ["NUL in the target", `GET /text\0${canary} HTTP/1.1\r\n${host}\r\n`],
      ["a raw byte beyond ASCII in the target", `GET /t\xe9xt?${canary} HTTP/1.1\r\n${host}\r\n`],
      ["a blank in the target", `GET /text?${canary} b HTTP/1.1\r\n${host}\r\n`],
      ["a target without a slash", `GET text${canary} HTTP/1.1\r\n${host}\r\n`],
      ["HTTP/0.9", `GET /text?${canary}\r\n\r\n`],
      ["HTTP/1.2", `GET /text?${canary} HTTP/1.2\r\n${host}\r\n`],
      ["HTTP/2.0 in the request line", `GET /text?${canary} HTTP/2.0\r\n${host}\r\n`],
      ["the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
      ["a TLS hello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"],
      ["an unknown method without a target", `${canary}\r\n\r\n`],
      ["an unknown method on an unknown path", `FETCH /${canary} HTTP/1.1\r\n${host}\r\n`],
    ])("%s", async (_name, bytes) => {
      await expectRefusedAndClosed(bytes, malformed);
    });
  });

  test.each([
    ["431: one header of 17 KiB", `${get}${host}X-More: ${"a".repeat(17 * 1024)}\r\n\r\n`, 431],
    ["431: 4,000 short headers", `${get}${host}${"a: b\r\n".repeat(4000)}\r\n`, 431],
    ["431: a URL of 20 KiB", `GET /text?${"a".repeat(20_000)} HTTP/1.1\r\n${host}\r\n`, 431],
    ["413: by Content-Length, before a byte of the body", `${post}Content-Length: 8193\r\n\r\n`, 413],
    ["413: by Content-Length, the body sent", `${post}Content-Length: 8193\r\n\r\n${"a".repeat(8193)}`, 413],
    [
      "413: by chunks",
      `${post}Transfer-Encoding: chunked\r\n\r\n1000\r\n${"a".repeat(4096)}\r\n1001\r\n${"a".repeat(4097)}\r\n0\r\n\r\n`,
      413,
    ],
    ["413: by a chunk that never ends", `${post}Transfer-Encoding: chunked\r\n\r\nffffff\r\n${"a".repeat(9000)}`, 413],
    [
      "413: by chunk extensions",
      `${post}Transfer-Encoding: chunked\r\n\r\n1;${"a".repeat(17_000)}\r\na\r\n0\r\n\r\n`,
      413,
    ],
  ])("%s", async (_name, bytes, status) => {
    await expectRefusedAndClosed(bytes, tooLarge(status));
  });

  test("headers of exactly 16 KiB are read, one byte more is 431, however many fields they are", async () => {
    const fixed = Buffer.byteLength(host) + "X-Rest: \r\n".length;
    const send = async (field: string, bytes: number): Promise<number> => {
      const count = Math.floor((bytes - fixed) / field.length);
      const rest = "r".repeat(bytes - fixed - count * field.length);
      const headers = `${host}${field.repeat(count)}X-Rest: ${rest}\r\n`;
      expect(headers).toHaveLength(bytes);
      return (await exchange(started.url, `GET /text HTTP/1.1\r\n${headers}\r\n`)).status;
    };
    const outcomes = [];
    for (const field of ["a: b\r\n", `X-Long: ${"v".repeat(1000)}\r\n`]) {
      outcomes.push(await send(field, 16_384), await send(field, 16_385));
    }
    expect(outcomes).toEqual([200, 431, 200, 431]);
  });

  test("414: a URL of more than 2 KiB; 2 KiB are served", async () => {
    const target = (length: number): string => `/text?${canary}`.padEnd(length, "a");
    const send = (length: number) => exchange(started.url, `GET ${target(length)} HTTP/1.1\r\n${host}\r\n`);
    expect((await send(2048)).status).toBe(200);
    const refused = await send(2049);
    expectFlatError(refused, tooLarge(414));
    expect(refused.text).not.toContain(canary);
  });

  test("a body of exactly the limit is read, by Content-Length and by chunks", async () => {
    const body = "a".repeat(8192);
    const counted = await exchange(started.url, `${post}Content-Length: 8192\r\n\r\n${body}`);
    const chunked = await exchange(
      started.url,
      `${post}Transfer-Encoding: chunked\r\n\r\n2000\r\n${body}\r\n0\r\n\r\n`,
    );
    expect([counted.text, chunked.text]).toEqual(['{"parameters":1}', '{"parameters":1}']);
  });

  test.each(["gzip", "identity", "br", ""])(
    "R-41: 415 for Content-Encoding %j, whatever the body is",
    async (coding) => {
      const bytes = `${post}Content-Encoding: ${coding}\r\nContent-Length: 9\r\n\r\n${canary}`;
      const answer = await exchange(started.url, bytes);
      expectFlatError(answer, [415, "invalid_request", "UNSUPPORTED_MEDIA_TYPE"]);
      await expectAlive();
    },
  );

  test("2,000 headers do not hide what follows them", async () => {
    const many = "a:\r\n".repeat(2000);
    const coded = `${post}${many}Content-Encoding: gzip\r\nContent-Length: 9\r\n\r\n${canary}`;
    expectFlatError(await exchange(started.url, coded), [415, "invalid_request", "UNSUPPORTED_MEDIA_TYPE"]);
    await expectRefusedAndClosed(`${get}${host}${many}${host}\r\n`, malformed);
  });

  test("400: two Content-Type", async () => {
    const answer = await exchange(started.url, `${post}${form}Content-Length: 9\r\n\r\n${canary}`);
    expectFlatError(answer, malformed);
  });

  describe("Expect", () => {
    test("417 and a closed connection: any expectation but 100-continue", async () => {
      await expectRefusedAndClosed(`${post}Expect: ${canary}\r\nContent-Length: 9\r\n\r\n${canary}`, [
        417,
        "invalid_request",
        "INVALID_REQUEST",
      ]);
      expect(started.logLines.filter((line) => line.includes('"status":417'))).toHaveLength(1);
    });

    test("100, then the answer: 100-continue with a body within the limit", async () => {
      const connection = await openRawConnection(started.url);
      connection.send(`${post}Expect: 100-continue\r\nContent-Length: 3\r\n\r\n`);
      expect((await connection.readAnswer()).status).toBe(100);
      connection.send("a=b");
      expect((await connection.readAnswer()).text).toBe('{"parameters":1}');
      connection.cut();
    });

    test("413 in place of 100: 100-continue with a body beyond the limit", async () => {
      await expectRefusedAndClosed(`${post}Expect: 100-continue\r\nContent-Length: 8193\r\n\r\n`, tooLarge(413));
    });
  });

  describe("405 with Allow on a known path", () => {
    const others = METHODS.filter((method) => method !== "CONNECT");

    test.each(others.filter((method) => method !== "POST"))("%s where POST is served", async (method) => {
      const to = method === "HEAD" ? "HEAD" : undefined;
      const answer = await exchange(started.url, `${method} /form HTTP/1.1\r\n${host}\r\n`, to);
      expect([answer.status, answer.headers.get("allow")]).toEqual([405, "POST"]);
      if (to === undefined) expectFlatError(answer, notAllowed);
    });

    test.each(others.filter((method) => !["GET", "HEAD"].includes(method)))(
      "%s where GET is served",
      async (method) => {
        // Neither its type nor its form is looked at.
        const body = `Content-Type: ;\r\nContent-Length: 9\r\n\r\n${canary}`;
        const answer = await exchange(started.url, `${method} /text?${canary} HTTP/1.1\r\n${host}${body}`);
        expectFlatError(answer, notAllowed);
        expect(answer.headers.get("allow")).toBe("GET, HEAD");
        expect(answer.text).not.toContain(canary);
      },
    );

    test.each(["FETCH", "get", "GETX", "P", "!#$%&'*+.^_`|~-9"])(
      "%s, which Node's parser does not know",
      async (method) => {
        const headers = await expectRefusedAndClosed(`${method} /form?${canary} HTTP/1.1\r\n${host}\r\n`, notAllowed);
        expect(headers.get("allow")).toBe("POST");
      },
    );

    test("an unknown method on a path with a parameter, and on the one that wins over it", async () => {
      const allowOn = async (path: string) =>
        (await exchange(started.url, `FETCH ${path} HTTP/1.1\r\n${host}\r\n`)).headers.get("allow");
      expect(await allowOn("/things/7")).toBe("GET, DELETE, HEAD");
      expect(await allowOn("/things/first")).toBe("GET, HEAD");
      expect(await allowOn("/things/7/8")).toBeUndefined();
      expect(await allowOn("/__proto__")).toBeUndefined();
    });
  });

  test("HEAD on a GET route: its headers and no body", async () => {
    const connection = await openRawConnection(started.url);
    connection.send(`HEAD /text HTTP/1.1\r\n${host}\r\nGET /text HTTP/1.1\r\n${host}Connection: close\r\n\r\n`);
    const head = await connection.readAnswer("HEAD");
    expect([head.status, head.headers.get("content-length")]).toEqual([200, "15"]);
    expect((await connection.readAnswer()).text).toBe('{"text":"here"}');
    expect(await connection.closed).toBe("");
  });

  test.each([
    "/",
    `/${canary}`,
    "/text/",
    "//text",
    "/TEXT",
    "/text%2f",
    "/text%00",
    "/./text",
    "/form/../text",
    "/text;a=b",
    "/__proto__",
    "/constructor",
    "/toString",
    "*",
    "http://a.example",
  ])("404: %s", async (target) => {
    const answer = await exchange(
      started.url,
      `POST ${target} HTTP/1.1\r\n${host}Content-Type: ;\r\nContent-Length: 9\r\n\r\n${canary}`,
    );
    expectFlatError(answer, [404, "invalid_request", "NOT_FOUND"]);
    expect(answer.text).not.toContain(canary);
  });

  test.each(["/%", "/%zz", "/%ff", "/%c0%80", `/things/%${canary}`])(
    "400: the malformed target %s, and it is logged",
    async (target) => {
      const answer = await exchange(started.url, `GET ${target} HTTP/1.1\r\n${host}\r\n`);
      expectFlatError(answer, malformed);
      expect(answer.text).not.toContain(canary);
      expect(started.logLines.filter((line) => line.includes('"status":400'))).toHaveLength(1);
      expect(started.logLines.join()).not.toContain(canary);
    },
  );

  test.each(["/te%78t", "http://evil.example/text", "/text?a=%", "/text#b"])("200: %s is /text", async (target) => {
    expect((await exchange(started.url, `GET ${target} HTTP/1.1\r\n${host}\r\n`)).status).toBe(200);
  });

  test("C-30: headers named __proto__, constructor and toString harm nobody", async () => {
    const names = ["__proto__", "constructor", "toString", "hasOwnProperty"].map((name) => `${name}: a\r\n`).join("");
    expect((await exchange(started.url, `GET /text HTTP/1.1\r\n${host}${names}\r\n`)).status).toBe(200);
    await expectAlive();
  });

  test.each(["websocket", "h2c"])("Upgrade: %s is ignored", async (protocol) => {
    const bytes = `GET /text HTTP/1.1\r\n${host}Connection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`;
    expect((await exchange(started.url, bytes)).text).toBe('{"text":"here"}');
  });

  test("CONNECT is closed without an answer", async () => {
    const connection = await openRawConnection(started.url);
    connection.send(`CONNECT a.example:443 HTTP/1.1\r\n${host}\r\n`);
    expect(await connection.closed).toBe("");
    await expectAlive();
  });

  describe("several requests on one connection", () => {
    test("pipelined requests are answered in their order", async () => {
      const connection = await openRawConnection(started.url);
      connection.send(
        [
          `GET /slow HTTP/1.1\r\n${host}\r\n`,
          `GET /${canary} HTTP/1.1\r\n${host}\r\n`,
          `${post}Content-Length: 3\r\n\r\na=b`,
          `GET /text HTTP/1.1\r\n${host}\r\n`,
        ].join(""),
      );
      await exchange(started.url, `GET /text HTTP/1.1\r\n${host}\r\n`);
      release();
      const answers = [];
      for (let count = 0; count < 4; count += 1) answers.push((await connection.readAnswer()).status);
      expect(answers).toEqual([200, 404, 200, 200]);
      connection.cut();
    });

    test("a malformed request after a good one is answered 400 after the good one's answer", async () => {
      const connection = await openRawConnection(started.url);
      connection.send(`GET /slow HTTP/1.1\r\n${host}\r\n${canary}\r\n\r\n`);
      await exchange(started.url, `GET /text HTTP/1.1\r\n${host}\r\n`);
      release();
      expect((await connection.readAnswer()).text).toBe('{"text":"late"}');
      expectFlatError(await connection.readAnswer(), malformed);
      expect(await connection.closed).toBe("");
    });

    test("an unknown method after a good request is answered 405 after the good one's answer", async () => {
      const connection = await openRawConnection(started.url);
      connection.send(`GET /text HTTP/1.1\r\n${host}\r\nFETCH /form HTTP/1.1\r\n${host}\r\n`);
      expect((await connection.readAnswer()).text).toBe('{"text":"here"}');
      const refused = await connection.readAnswer();
      expectFlatError(refused, notAllowed);
      expect(refused.headers.get("allow")).toBe("POST");
      expect(await connection.closed).toBe("");
    });

    test("a refused expectation waits for the answer before it", async () => {
      const connection = await openRawConnection(started.url);
      connection.send(`GET /slow HTTP/1.1\r\n${host}\r\n${post}Expect: ${canary}\r\nContent-Length: 0\r\n\r\n`);
      await exchange(started.url, `GET /text HTTP/1.1\r\n${host}\r\n`);
      release();
      expect((await connection.readAnswer()).text).toBe('{"text":"late"}');
      expect((await connection.readAnswer()).status).toBe(417);
      expect(await connection.closed).toBe("");
    });

    test("a malformed request on a connection that has served one is answered 400", async () => {
      const connection = await openRawConnection(started.url);
      connection.send(`GET /text HTTP/1.1\r\n${host}\r\n`);
      await connection.readAnswer();
      connection.send(`${canary}\r\n\r\n`);
      expectFlatError(await connection.readAnswer(), malformed);
      expect(await connection.closed).toBe("");
    });

    test("what follows a refused body of two lengths is never served", async () => {
      const connection = await openRawConnection(started.url);
      connection.send(
        `${post}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /text HTTP/1.1\r\n${host}\r\n`,
      );
      expectFlatError(await connection.readAnswer(), malformed);
      expect(await connection.closed).toBe("");
    });
  });

  describe("half a request", () => {
    test.each([
      ["a head", "POST /form HT"],
      ["a body by Content-Length", `${post}Content-Length: 10\r\n\r\na=b`],
      ["a body by chunks", `${post}Transfer-Encoding: chunked\r\n\r\n9\r\na=b`],
    ])("%s, then the end: 400, and nothing is logged as a failure of ours", async (_name, bytes) => {
      const connection = await openRawConnection(started.url);
      connection.send(bytes);
      connection.end();
      expectFlatError(await connection.readAnswer(), malformed);
      expect(await connection.closed).toBe("");
      await expectAlive();
      expect(started.logLines.filter((line) => !line.includes('"level":"info"'))).toEqual([]);
    });

    test("a body that is cut: the listener goes on, and nothing is logged as a failure of ours", async () => {
      const connection = await openRawConnection(started.url);
      connection.send(`${post}Content-Length: 10\r\n\r\na=b`);
      connection.cut();
      await expectAlive();
      await expectAlive();
      expect(started.logLines.filter((line) => !line.includes('"level":"info"'))).toEqual([]);
    });
  });
});
