import { describe, expect, test } from "vitest";
import { checkQuery, parseBasic, parseClientAuthentication, refuseClient } from "./client-authentication.ts";
import { parseFormParameters, parseJsonParameters } from "./parameters.ts";
import { isRefusal, type Refusal } from "./refusal.ts";

const presented = { clientId: "c3133d76-a768-4f5a", clientSecret: "0ISL0DEC;UyYKB;riWRS0E" };
const body = '{"client_id":"c3133d76-a768-4f5a","client_secret":"0ISL0DEC;UyYKB;riWRS0E"}';

const base64 = (bytes: string) => Buffer.from(bytes, "latin1").toString("base64");
const basic = (joined: string) => `Basic ${base64(joined)}`;
const good = basic("c3133d76-a768-4f5a:0ISL0DEC%3BUyYKB%3BriWRS0E");

function shown<Value>(parsed: Value | Refusal): Value | string {
  return isRefusal(parsed) ? `${parsed.status} ${parsed.code}: ${parsed.description}` : parsed;
}

function authenticate(authorization: readonly string[], text: string) {
  const parameters = parseJsonParameters(text);
  return shown(isRefusal(parameters) ? parameters : parseClientAuthentication(authorization, parameters));
}

const unauthenticated = "401 INVALID_CLIENT: Client authentication failed.";
const malformed = "400 INVALID_REQUEST: The Authorization header is not well-formed Basic.";

describe("client authentication in the body", () => {
  test("is the same from JSON and from a form", () => {
    const form = parseFormParameters("client_id=c3133d76-a768-4f5a&client_secret=0ISL0DEC%3BUyYKB%3BriWRS0E");
    if (isRefusal(form)) throw new Error("The form was refused.");
    expect(authenticate([], body)).toStrictEqual(presented);
    expect(parseClientAuthentication([], form)).toStrictEqual(presented);
  });

  test("takes a secret of any printable ASCII", () => {
    const all = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join("");
    const text = JSON.stringify({ client_id: "a", client_secret: all });
    expect(authenticate([], text)).toStrictEqual({ clientId: "a", clientSecret: all });
  });

  test.each([
    ["nothing", "{}"],
    ["client_id alone", '{"client_id":"a"}'],
    ["client_secret alone", '{"client_secret":"a"}'],
    ["an empty client_id", '{"client_id":"","client_secret":"a"}'],
    ["an empty client_secret", '{"client_id":"a","client_secret":""}'],
  ])("401 INVALID_CLIENT: %s", (_, text) => {
    expect(authenticate([], text)).toBe(unauthenticated);
  });

  test.each(["null", "42", "true", "[]", '["a"]', "{}"])("400 INVALID_REQUEST: %s is no string", (value) => {
    expect(authenticate([], `{"client_id":${value},"client_secret":"a"}`)).toBe(
      "400 INVALID_REQUEST: client_id must be a string.",
    );
    expect(authenticate([], `{"client_id":"a","client_secret":${value}}`)).toBe(
      "400 INVALID_REQUEST: client_secret must be a string.",
    );
  });

  test.each([
    ["client_id", 128],
    ["client_secret", 512],
  ])("%s is read at %i characters and one fewer, and 400 INVALID_REQUEST above", (name, limit) => {
    const send = (length: number) =>
      authenticate([], JSON.stringify({ client_id: "a", client_secret: "b", [name]: "x".repeat(length) }));
    const member = name === "client_id" ? "clientId" : "clientSecret";
    for (const length of [limit - 1, limit]) expect(send(length)).toHaveProperty(member, "x".repeat(length));
    for (const length of [limit + 1, 2 ** 20]) {
      expect(send(length)).toBe(`400 INVALID_REQUEST: ${name} must have at most ${limit} characters.`);
    }
  });

  test.each(["client_id", "client_secret"])("400 INVALID_REQUEST: %s beyond printable ASCII", (name) => {
    for (const text of ["é", "a\u0000", "a\n", "\u007f", "\ud800"]) {
      const sent = JSON.stringify({ client_id: "a", client_secret: "b", [name]: text });
      expect(authenticate([], sent)).toBe(`400 INVALID_REQUEST: ${name} must be printable ASCII.`);
    }
  });

  test.each(["client_id", "client_secret"])("400 INVALID_REQUEST: %s sent twice", (name) => {
    const sent = `{"client_id":"a","client_secret":"b","${name}":"c"}`;
    expect(authenticate([], sent)).toBe("400 INVALID_REQUEST: The body holds a repeated member.");
  });
});

describe("HTTP Basic (RFC 6749 §2.3.1)", () => {
  test.each([
    ["form-encoded halves", good, presented],
    ["halves that need no encoding", basic("a:b"), { clientId: "a", clientSecret: "b" }],
    ["another case of the scheme", `bASIC ${base64("a:b")}`, { clientId: "a", clientSecret: "b" }],
    ["several blanks", `Basic   ${base64("a:b")}  `, { clientId: "a", clientSecret: "b" }],
    ["a plus sign as a blank", basic("a+b:c+d"), { clientId: "a b", clientSecret: "c d" }],
    ["an encoded plus sign", basic("a%2Bb:c%2bd"), { clientId: "a+b", clientSecret: "c+d" }],
    ["an encoded percent sign", basic("a:100%25"), { clientId: "a", clientSecret: "100%" }],
    ["an encoded colon in the client_id", basic("a%3Ab:c"), { clientId: "a:b", clientSecret: "c" }],
    ["a raw colon in the secret", basic("a:b:c:"), { clientId: "a", clientSecret: "b:c:" }],
    ["an encoded colon in the secret", basic("a:b%3Ac"), { clientId: "a", clientSecret: "b:c" }],
  ])("takes %s", (_, header, credential) => {
    expect(shown(parseBasic(header))).toStrictEqual(credential);
    expect(authenticate([header], "{}")).toStrictEqual(credential);
  });

  test.each([
    ["nothing", "Basic"],
    ["a blank", "Basic "],
    ["no base64", "Basic a:b!"],
    ["base64 without its padding", "Basic YTpiYw"],
    ["base64 with spare bits", "Basic YTpiYx=="],
    ["base64 with too much padding", "Basic YTpi===="],
    ["the alphabet of base64url", `Basic ${base64("a:?~?~?~").replaceAll("/", "_").replaceAll("+", "-")}`],
    ["a blank in the base64", "Basic YT pi"],
    ["two values", `Basic ${base64("a:b")}, Basic ${base64("a:b")}`],
    ["a line break at the end", `${basic("a:b")}\n`],
    ["no colon", basic("abc")],
    ["an encoded colon alone", basic("a%3Ab")],
    ["a lone percent sign in the secret", basic("a:100%")],
    ["a lone percent sign in the client_id", basic("%:a")],
    ["encoded bytes that are no UTF-8", basic("a:%ff%fe")],
    ["encoded bytes that end early", basic("a:%c3%28")],
  ])("400 INVALID_REQUEST: %s", (_, header) => {
    expect(shown(parseBasic(header))).toBe(malformed);
    expect(authenticate([header], "{}")).toBe(malformed);
  });

  test.each([
    ["encoded UTF-8", basic("a:%c3%a9")],
    ["raw UTF-8", basic("a:\u00c3\u00a9")],
    ["raw Latin-1", basic("a:\u00e9")],
    ["NUL", basic("a:b\u0000")],
    ["an encoded line break", basic("a:b%0a")],
  ])("400 INVALID_REQUEST: a secret of %s is not printable ASCII", (_, header) => {
    expect(authenticate([header], "{}")).toBe("400 INVALID_REQUEST: client_secret must be printable ASCII.");
  });

  test("400 INVALID_REQUEST: a client_id above 128 or a secret above 512 characters, counted decoded", () => {
    const clientId = "%41".repeat(128);
    const secret = "%41".repeat(512);
    const longest = { clientId: "A".repeat(128), clientSecret: "A".repeat(512) };
    expect(authenticate([basic(`${clientId}:${secret}`)], "{}")).toStrictEqual(longest);
    expect(authenticate([basic(`${clientId}A:${secret}`)], "{}")).toBe(
      "400 INVALID_REQUEST: client_id must have at most 128 characters.",
    );
    expect(authenticate([basic(`${clientId}:${secret}A`)], "{}")).toBe(
      "400 INVALID_REQUEST: client_secret must have at most 512 characters.",
    );
  });

  test.each([":", "a:", ":b"])("401 INVALID_CLIENT: an empty half in %j", (joined) => {
    expect(authenticate([basic(joined)], "{}")).toBe(unauthenticated);
  });
});

describe("exactly one client authentication method (RFC 6749 §2.3)", () => {
  test("Basic beside its own client_id in the body is one method (RFC 6749 §3.2.1)", () => {
    expect(authenticate([good], '{"client_id":"c3133d76-a768-4f5a"}')).toStrictEqual(presented);
    expect(authenticate([good], '{"client_id":"","client_secret":""}')).toStrictEqual(presented);
  });

  test("400 INVALID_REQUEST: Basic beside another client_id, which differs in case already", () => {
    const other = "400 INVALID_REQUEST: client_id and the Authorization header must name the same credential.";
    expect(authenticate([good], '{"client_id":"another"}')).toBe(other);
    expect(authenticate([good], '{"client_id":"C3133D76-a768-4f5a"}')).toBe(other);
  });

  test("400 INVALID_REQUEST: a client_secret beside any Authorization header, also an equal one", () => {
    const both = "400 INVALID_REQUEST: client_secret and an Authorization header must not both be sent.";
    expect(authenticate([good], body)).toBe(both);
    expect(authenticate([good], '{"client_secret":"0ISL0DEC;UyYKB;riWRS0E"}')).toBe(both);
    expect(authenticate(["Basic malformed!"], body)).toBe(both);
    expect(authenticate(["Bearer abc"], body)).toBe(both);
    expect(authenticate([""], body)).toBe(both);
  });

  test("400 INVALID_REQUEST: two Authorization headers, also equal ones", () => {
    const two = "400 INVALID_REQUEST: There must be at most one Authorization header.";
    expect(authenticate([good, good], "{}")).toBe(two);
    expect(authenticate([good, "Bearer abc"], "{}")).toBe(two);
    expect(authenticate(["", ""], body)).toBe(two);
  });

  test("400 INVALID_REQUEST: a member of another type, whatever the header holds", () => {
    expect(authenticate([good], '{"client_id":42}')).toBe("400 INVALID_REQUEST: client_id must be a string.");
    expect(authenticate([good], '{"client_secret":null}')).toBe("400 INVALID_REQUEST: client_secret must be a string.");
  });

  test.each([
    "Bearer abc",
    "Digest a=b",
    "Basicx YTpi",
    "xBasic YTpi",
    " Basic YTpi",
    "Basic\tYTpi",
    "Ba\u017fic YTpi",
    "",
    " ",
  ])("401 INVALID_CLIENT: %j is not Basic", (header) => {
    expect(authenticate([header], '{"client_id":"a"}')).toBe(unauthenticated);
  });
});

describe("the one answer to a credential that may not act", () => {
  test("is 401 invalid_client with a challenge, and the cause is for the log alone", () => {
    expect(refuseClient("wrong secret")).toStrictEqual({
      refused: true,
      code: "INVALID_CLIENT",
      status: 401,
      error: "invalid_client",
      description: "Client authentication failed.",
      reason: "wrong secret",
      headers: { "www-authenticate": 'Basic realm="biped"' },
      members: {},
    });
  });
});

test.each<[string, readonly string[], string]>([
  ["no client authentication", [], "{}"],
  ["an Authorization scheme other than Basic", ["Bearer a"], "{}"],
  ["an empty half in Basic", [basic(":secret")], "{}"],
])("the log is told: %s", (reason, authorization, text) => {
  const parameters = parseJsonParameters(text);
  if (isRefusal(parameters)) throw new Error("The body was refused.");
  expect(parseClientAuthentication(authorization, parameters)).toMatchObject({ code: "INVALID_CLIENT", reason });
});

test("400 INVALID_REQUEST: malformed Basic is told as such, also beside a client_id", () => {
  expect(authenticate(["Basic !"], '{"client_id":"a"}')).toBe(malformed);
});

describe("the query of an OAuth endpoint", () => {
  test.each(["", "a=b", "utm_source=x&lang=en", "x=client_secret", "Client_Id=a", "&&", "scopes=a", "a=%zz"])(
    "%j is ignored",
    (query) => {
      expect(checkQuery(query)).toBeUndefined();
    },
  );

  test.each([
    "client_id=a",
    "client_secret=a",
    "grant_type=client_credentials",
    "scope=metrics",
    "project_id=42",
    "token=a",
    "token_type_hint=access_token",
    "access_token=a",
    "a=b&client_secret=",
    "client_secret",
    "client%5Fsecret=a",
    "%63lient_secret=a",
    "client_secret=a&client_secret=b",
    "%zz=a",
    "a=b&%",
  ])("400 INVALID_REQUEST: %j", (query) => {
    expect(shown(checkQuery(query))).toBe(
      "400 INVALID_REQUEST: Credentials and token parameters must be sent in the body, not in the URL.",
    );
  });
});
