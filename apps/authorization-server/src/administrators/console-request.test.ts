import type { HttpRequest } from "@biped/listener";
import { describe, expect, test } from "vitest";
import { checkConsoleRequest } from "./console-request.ts";
import { readCookies, readSessionCookie } from "./session-cookie.ts";

type Sent = { readonly headers: Readonly<Record<string, string>>; readonly body?: string };

function createRequest({ headers, body = "" }: Sent): HttpRequest {
  return {
    id: "1",
    method: "POST",
    path: "/api/session",
    query: "",
    params: new Map(),
    authorization: [],
    contentType: headers["content-type"],
    ifNoneMatch: undefined,
    header: (name) => headers[name],
    body: Buffer.from(body),
    source: "192.0.2.7",
    peer: () => "192.0.2.7",
  };
}

const check = (headers: Readonly<Record<string, string>>, body = "{}") =>
  checkConsoleRequest(createRequest({ headers, body }), "https://console.example.com")?.code;

const marked = { "x-biped-console": "1" };
const json = { "content-type": "application/json" };
const same = { "sec-fetch-site": "same-origin" };

describe("R-34: what is the console's own", () => {
  test.each<[string, Record<string, string>, string?]>([
    ["JSON from the same origin", { ...json, ...same, ...marked }],
    ["with a charset", { "content-type": 'application/json; charset="utf-8"', ...same, ...marked }],
    ["no body, no type", { ...same, ...marked }, ""],
    [
      "without Fetch Metadata, from the console's origin",
      { ...json, ...marked, origin: "https://console.example.com" },
    ],
    [
      "without Fetch Metadata, from the host that was asked",
      { ...json, ...marked, host: "localhost:4010", origin: "http://localhost:4010" },
    ],
  ])("%s", (_name, headers, body = "{}") => {
    expect(check(headers, body)).toBeUndefined();
  });
});

describe("403 FORBIDDEN: what another site could send", () => {
  const types = [
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "application/jsonp",
    "application/json, text/plain",
    "",
  ];
  const sites = ["cross-site", "same-site", "none", "", "same-origin, cross-site", "SAME-ORIGIN"];
  const origins = [
    "https://evil.example",
    "null",
    "http://console.example.com",
    "https://console.example.com.evil.example",
    "https://console.example.com:8443",
    "",
  ];

  test.each(types)("a body of type %j", (type) => {
    expect(check({ "content-type": type, ...same, ...marked })).toBe("FORBIDDEN");
  });

  test("a body without any type", () => {
    expect(check({ ...same, ...marked })).toBe("FORBIDDEN");
  });

  test.each(["", "0", "true", "1, 1"])("the console's header with %j", (value) => {
    expect(check({ ...json, ...same, "x-biped-console": value })).toBe("FORBIDDEN");
  });

  test("no header of the console's", () => {
    expect(check({ ...json, ...same })).toBe("FORBIDDEN");
  });

  test.each(sites)("Sec-Fetch-Site: %j, whatever Origin says", (site) => {
    const headers = { ...json, ...marked, "sec-fetch-site": site, origin: "https://console.example.com" };
    expect(check(headers)).toBe("FORBIDDEN");
  });

  test.each(origins)("without Fetch Metadata, Origin: %j", (origin) => {
    expect(check({ ...json, ...marked, host: "console.example.com:8080", origin })).toBe("FORBIDDEN");
  });

  test("neither Sec-Fetch-Site nor Origin", () => {
    expect(check({ ...json, ...marked })).toBe("FORBIDDEN");
  });
});

describe("the session cookie", () => {
  const value = "biped_session_tSJbNErqRkgU1TkNxpxJSyAqTGCzqRCMMFYbLjDFCXd2AZ8Ds";
  const read = (cookie: string) => readSessionCookie(createRequest({ headers: { cookie } }));

  test.each([
    "",
    "biped-session=x",
    "__Host-biped-session=",
    "__Host-biped-session=x",
    `__host-biped-session=${value}`,
    `x__Host-biped-session=${value}`,
    `__Host-biped-session=${value}; __Host-biped-session=${value}`,
    `__Host-biped-session=${value}x`,
  ])("%j holds none", (cookie) => {
    expect(read(cookie)).toBeUndefined();
  });

  test("is found among others, and names of cookies tell upper from lower case", () => {
    const request = createRequest({ headers: { cookie: "a=1; b==2; A=3;a=4" } });
    expect([readCookies(request, "a"), readCookies(request, "b"), readCookies(request, "c")]).toEqual([
      ["1", "4"],
      ["=2"],
      [],
    ]);
  });
});
