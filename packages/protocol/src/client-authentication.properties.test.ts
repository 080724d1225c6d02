import fc from "fast-check";
import { expect } from "vitest";
import { testProperty } from "../../../test/property.ts";
import { checkQuery, parseBasic, parseClientAuthentication } from "./client-authentication.ts";
import type { Parameters } from "./parameters.ts";
import { isRefusal } from "./refusal.ts";

const printable = fc.string({ minLength: 1, maxLength: 24 });
const formEncode = (text: string): string => new URLSearchParams([["", text]]).toString().slice(1);
const percentEncode = (text: string): string => Buffer.from(text).toString("hex").replaceAll(/../g, "%$&");
const base64 = (text: string): string => Buffer.from(text, "latin1").toString("base64");

testProperty(
  "what a client encodes for Basic is read back, however it encodes",
  60_000,
  fc.property(
    printable,
    printable,
    fc.constantFrom(formEncode, encodeURIComponent, percentEncode),
    fc.constantFrom("Basic ", "basic  ", "BASIC "),
    (clientId, clientSecret, encode, scheme) => {
      const header = `${scheme}${base64(`${encode(clientId)}:${encode(clientSecret)}`)}`;
      expect(parseBasic(header)).toStrictEqual({ clientId, clientSecret });
      expect(parseClientAuthentication([header], new Map())).toStrictEqual({ clientId, clientSecret });
    },
  ),
);

const piece = fc.constantFrom(
  "a",
  "b",
  "client",
  ":",
  "%3A",
  "+",
  "%2B",
  "%25",
  "%41",
  " ",
  "~",
  "\u00e9",
  "%c3%a9",
  "%",
  "%4",
  "\n",
);
const joined = fc.oneof(
  { weight: 3, arbitrary: fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join("")) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes).toString("latin1")) },
);

/** The halves as RFC 6749 §2.3.1 decodes them, one character or escape at a time. */
function decodeHalf(half: string): string | undefined {
  const unit = /%[0-9a-fA-F]{2}|[^%]/g;
  if (half.replaceAll(unit, "") !== "") return undefined;
  return half.replaceAll(unit, (each) => (each === "+" ? " " : unescapeAscii(each)));
}

/** Beyond ASCII nothing is allowed anyway, so that each such byte may stand for the fault it is. */
const unescapeAscii = (each: string): string =>
  each.length === 1 ? each : String.fromCharCode(Number.parseInt(each.slice(1), 16));

testProperty(
  "Basic of any bytes is the two halves round the first colon, printable and not empty, or it is refused",
  100_000,
  fc.property(joined, (text) => {
    const parsed = parseBasic(`Basic ${base64(text)}`);
    const colon = text.indexOf(":");
    const halves = colon === -1 ? [] : [decodeHalf(text.slice(0, colon)), decodeHalf(text.slice(colon + 1))];
    const [clientId, clientSecret] = halves;
    const isPrintable = halves.length === 2 && halves.every((half) => half !== undefined && /^[ -~]*$/.test(half));
    if (!isPrintable) expect(parsed).toMatchObject({ status: 400, code: "INVALID_REQUEST" });
    else if (clientId === "" || clientSecret === "")
      expect(parsed).toMatchObject({ status: 401, code: "INVALID_CLIENT" });
    else expect(parsed).toStrictEqual({ clientId, clientSecret });
  }),
);

const header = fc.oneof(
  joined.map((text) => `Basic ${base64(text)}`),
  fc.constantFrom("Basic YTpi", "Basic YTpi", "Bearer x", "", "Basic", "Basic !", "Digest YTpi"),
  fc.string({ unit: "binary", maxLength: 12 }).map((text) => `Basic ${text}`),
  fc.string({ unit: "binary", maxLength: 12 }),
);
const member = fc.oneof(
  fc.constantFrom("a", "b", "", "x".repeat(600)).map((text) => ({ kind: "string", text }) as const),
  fc.string({ unit: "binary", maxLength: 6 }).map((text) => ({ kind: "string", text }) as const),
  fc.constantFrom({ kind: "null" } as const, { kind: "other" } as const, { kind: "number", text: "42" } as const),
);
const parameters = fc
  .record({ client_id: member, client_secret: member }, { requiredKeys: [] })
  .map((members): Parameters => new Map(Object.entries(members)));

const descriptions = new Set([
  "Client authentication failed.",
  "There must be at most one Authorization header.",
  "The Authorization header is not well-formed Basic.",
  "client_secret and an Authorization header must not both be sent.",
  "client_id and the Authorization header must name the same credential.",
  "client_id must be a string.",
  "client_id must be printable ASCII.",
  "client_id must have at most 128 characters.",
  "client_secret must be a string.",
  "client_secret must be printable ASCII.",
  "client_secret must have at most 512 characters.",
]);
const reasons = new Set([
  ...descriptions,
  "no client authentication",
  "an Authorization scheme other than Basic",
  "an empty half in Basic",
]);

testProperty(
  "any headers beside any body give one credential by one method, or a refusal whose texts are fixed ones",
  60_000,
  fc.property(fc.array(header, { maxLength: 2 }), parameters, (authorization, sent) => {
    const presented = parseClientAuthentication(authorization, sent);
    if (isRefusal(presented)) {
      expect(descriptions).toContain(presented.description);
      expect(reasons).toContain(presented.reason);
      expect(presented.headers).toStrictEqual(
        presented.status === 401 ? { "www-authenticate": 'Basic realm="biped"' } : {},
      );
      return;
    }
    const { clientId, clientSecret } = presented;
    expect(`${clientId}${clientSecret}`).toMatch(/^[ -~]{2,640}$/);
    const sentSecret = sent.get("client_secret");
    if (authorization.length === 0) {
      expect(sent.get("client_id")).toStrictEqual({ kind: "string", text: clientId });
      expect(sentSecret).toStrictEqual({ kind: "string", text: clientSecret });
    } else {
      expect(authorization).toHaveLength(1);
      expect(parseBasic(authorization[0] ?? "")).toStrictEqual(presented);
      expect([undefined, ""]).toContain(sentSecret?.kind === "string" ? sentSecret.text : sentSecret);
    }
  }),
);

const secretNames = [
  "client_id",
  "client_secret",
  "grant_type",
  "scope",
  "project_id",
  "token",
  "token_type_hint",
  "access_token",
];
const queryPiece = fc.constantFrom(
  ...secretNames,
  "client%5Fid",
  "%74oken",
  "x",
  "=",
  "&",
  "&",
  "+",
  "%",
  "%zz",
  "é",
  "lang",
);

testProperty(
  "a query passes only if URLSearchParams finds no parameter of ours in it",
  60_000,
  fc.property(
    fc.array(queryPiece, { maxLength: 8 }).map((pieces) => pieces.join("")),
    (query) => {
      const names = [...new URLSearchParams(`&${query}`).keys()];
      const refusal = checkQuery(query);
      if (names.some((name) => secretNames.includes(name))) expect(refusal).toMatchObject({ code: "INVALID_REQUEST" });
      else if (!query.includes("%")) expect(refusal).toBeUndefined();
    },
  ),
);
