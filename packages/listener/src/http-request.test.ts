import { isRefusal } from "@biped/protocol";
import fc from "fast-check";
import type { FastifyRequest } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testProperty } from "../../../test/property.ts";
import { openRawConnection } from "../../../test/raw-connection.ts";
import {
  countParameters,
  expectFlatError,
  type StartedListener,
  startListener,
} from "../../../test/started-listener.ts";
import { type HttpRequest, readHeaderValues, readJsonText, readParameters, readSource } from "./http-request.ts";

function createRequest(contentType: string | undefined, body: string | Uint8Array): HttpRequest {
  return {
    id: "1",
    method: "POST",
    path: "/",
    query: "",
    params: new Map(),
    authorization: [],
    contentType,
    ifNoneMatch: undefined,
    header: () => undefined,
    body: Buffer.from(body),
    source: "192.0.2.7",
    peer: () => "192.0.2.7",
  };
}

const readKind = (contentType: string | undefined, body: string | Uint8Array): string => {
  const read = readParameters(createRequest(contentType, body));
  return isRefusal(read) ? `${read.status} ${read.code}` : [...read.keys()].join();
};

describe("readParameters", () => {
  test.each([
    "application/json",
    "Application/JSON",
    "application/json ",
    "application/json\t",
    "application/json;charset=utf-8",
    "application/json; charset=UTF-8",
    'application/json ; charset="utf-8" ',
  ])("JSON: %j", (type) => {
    expect(readKind(type, '{"a":"1","b":2}')).toBe("a,b");
  });

  test.each([
    "application/x-www-form-urlencoded",
    "APPLICATION/X-WWW-FORM-URLENCODED",
    "application/x-www-form-urlencoded; charset=UTF-8",
  ])("form: %j", (type) => {
    expect(readKind(type, "a=1&b=2")).toBe("a,b");
  });

  test.each([
    "application/jsonx",
    "application/json5",
    "xapplication/json",
    " application/json",
    "application /json",
    "application/json, text/html",
    "text/html, application/json",
    "application/json;charset=utf-16",
    "application/json;charset=utf-8;charset=utf-16",
    "application/json;boundary=utf-8",
    "application/json\0",
    "application/json\n",
    "application/problem+json",
    "text/json",
    "text/plain",
    "multipart/form-data; boundary=x",
    "application/x-www-form-urlencoded;charset=iso-8859-1",
    "*/*",
    "",
  ])("415: %j", (type) => {
    expect(readKind(type, '{"a":"1"}')).toBe("415 UNSUPPORTED_MEDIA_TYPE");
  });

  test("415: a body without any type; no body and no type are no parameters", () => {
    expect(readKind(undefined, "a=1")).toBe("415 UNSUPPORTED_MEDIA_TYPE");
    expect(readKind(undefined, "")).toBe("");
  });

  test.each([
    ["a lone continuation byte", [0x22, 0x80, 0x22]],
    ["an overlong slash", [0x22, 0xc0, 0xaf, 0x22]],
    ["a surrogate", [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ["UTF-16", [0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]],
    ["an unfinished sequence", [0x22, 0xe2, 0x82]],
  ])("400: %s is not UTF-8, in JSON and in a form", (_name, bytes) => {
    expect(readKind("application/json", Uint8Array.from(bytes))).toBe("400 INVALID_REQUEST");
    expect(readKind("application/x-www-form-urlencoded", Uint8Array.from(bytes))).toBe("400 INVALID_REQUEST");
  });

  test("400: JSON behind a byte order mark (RFC 8259 §8.1)", () => {
    expect(readKind("application/json", "\ufeff{}")).toBe("400 INVALID_REQUEST");
  });
});

test("readJsonText takes JSON alone", () => {
  expect(readJsonText(createRequest("application/json; charset=utf-8", "[1]"))).toBe("[1]");
  const refused = [
    readJsonText(createRequest("application/x-www-form-urlencoded", "a=1")),
    readJsonText(createRequest(undefined, "{}")),
    readJsonText(createRequest("application/json", Uint8Array.of(0xff))),
  ];
  expect(refused.map((refusal) => isRefusal(refusal) && refusal.status)).toEqual([415, 415, 400]);
});

test("readHeaderValues gives every value of a name, in any case and order", () => {
  const raw = [
    "Authorization",
    "a",
    "X",
    "authorization",
    "AUTHORIZATION",
    "b",
    "authorizatio",
    "c",
    "authorizationn",
    "d",
  ];
  expect(readHeaderValues(raw, "authorization")).toEqual(["a", "b"]);
  expect(readHeaderValues([], "authorization")).toEqual([]);
});

test("the source of a connection that is gone is empty, and no error", () => {
  const gone = { ip: undefined, socket: { remoteAddress: undefined } } as unknown as FastifyRequest;
  expect(readSource(gone)).toBe("");
});

/** The two media types, an optional charset that says UTF-8, and blanks where RFC 9110 §8.3.1 has them. */
const accepted = /^application\/(?:json|x-www-form-urlencoded)[\t ]*(?:;[\t ]*charset=(?:utf-8|"utf-8")[\t ]*)?$/i;

const piece = fc.constantFrom(
  "application/json",
  "application/x-www-form-urlencoded",
  "Application/JSON",
  "text/plain",
  "application",
  "/",
  "json",
  ";",
  ",",
  " ",
  "\t",
  "charset",
  "=",
  "utf-8",
  "UTF-8",
  '"utf-8"',
  "utf-16",
  "; charset=utf-8",
  ";charset=utf-8",
  "; boundary=x",
  "\u00a0",
  "\u00ad",
  "*",
  "'",
);
const spelling = fc.oneof(
  fc.array(piece, { maxLength: 5 }).map((pieces) => pieces.join("")),
  fc
    .string({ unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)), maxLength: 40 })
    .map((text) => text.replaceAll("\x7f", "")),
);

describe("C-29: every spelling of Content-Type over HTTP", () => {
  let started: StartedListener;
  beforeAll(async () => {
    started = await startListener({ routes: { "/count": { POST: countParameters } } });
  });
  afterAll(() => started.stop());

  testProperty(
    "what is accepted is parsed, everything else is 415: no spelling slips past the parser",
    1_500,
    fc.asyncProperty(spelling, async (type) => {
      // Neither JSON nor a form: accepted means read by a parser, which refuses it.
      const body = '{"a":"%zz"';
      const connection = await openRawConnection(started.url);
      const head = `POST /count HTTP/1.1\r\nHost: a.example\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`;
      connection.send(Buffer.from(`${head}${body}`, "latin1"));
      const answer = await connection.readAnswer();
      connection.cut();
      // The blanks around a field's value are no part of it (RFC 9110 §5.5).
      const isAccepted = accepted.test(type.replace(/^[\t ]+|[\t ]+$/g, ""));
      expectFlatError(
        answer,
        isAccepted ? [400, "invalid_request", "INVALID_REQUEST"] : [415, "invalid_request", "UNSUPPORTED_MEDIA_TYPE"],
      );
    }),
  );
});
