import fc from "fast-check";
import { expect } from "vitest";
import { testProperty } from "../../../test/property.ts";
import { parseClientAuthentication } from "./client-authentication.ts";
import { type Parameters, parseFormParameters, parseJsonParameters } from "./parameters.ts";
import { isRefusal, type Refusal } from "./refusal.ts";
import { parseProjectId, parseTokenRequest } from "./token-request.ts";

const maxId = 2n ** 53n - 1n;

/** An id is what BigInt reads and writes back letter by letter, from 1 to 2^53 - 1. */
function judgeId(text: string): number | "refused" {
  if (!/^-?[0-9]+$/.test(text)) return "refused";
  const id = BigInt(text);
  return id >= 1n && id <= maxId && String(id) === text ? Number(id) : "refused";
}

const idText = fc.oneof(
  fc.bigInt({ min: -3n, max: 120n }).map(String),
  fc.bigInt({ min: maxId - 20n, max: maxId + 20n }).map(String),
  fc.bigInt({ min: 0n, max: 10n ** 20n }).map(String),
  fc
    .array(fc.constantFrom("0", "1", "4", "9", "-", "+", ".", "e", " ", "x", "٤"), { maxLength: 6 })
    .map((all) => all.join("")),
  fc.double().map(String),
);

testProperty(
  "a project_id is read exactly, or refused: it is never rounded, cut or guessed",
  100_000,
  fc.property(idText, fc.constantFrom("string", "number"), (text, kind) => {
    const parsed = parseProjectId({ kind, text });
    if (kind === "string" && text === "") expect(parsed).toBeUndefined();
    else if (isRefusal(parsed)) {
      expect(judgeId(text)).toBe("refused");
      expect(parsed.code).toBe("INVALID_REQUEST");
      expect(parsed.description).toBe("project_id must be an integer from 1 to 9007199254740991.");
    } else {
      expect(parsed).toBe(judgeId(text));
    }
  }),
);

testProperty(
  "a project_id that JSON.stringify wrote is read back, as a number and as a string",
  50_000,
  fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (id) => {
    for (const body of [JSON.stringify({ project_id: id }), JSON.stringify({ project_id: String(id) })]) {
      const parameters = parseJsonParameters(body);
      expect(isRefusal(parameters) ? parameters : parseTokenRequest(parameters)).toMatchObject({ projectId: id });
    }
  }),
);

const value = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom("client_credentials", "data-export metrics", "42", "", "a+b c%20&=;", "é") },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 12 }) },
  { weight: 1, arbitrary: fc.integer({ min: 125, max: 130 }).map((length) => "x".repeat(length)) },
);
const members = fc.record(
  { client_id: value, client_secret: value, grant_type: value, scope: value, project_id: value, other: value },
  { requiredKeys: [] },
);

function decideAll(parameters: Parameters | Refusal, authorization: readonly string[]) {
  if (isRefusal(parameters)) return parameters;
  const request = parseTokenRequest(parameters);
  return isRefusal(request) ? request : { request, presented: parseClientAuthentication(authorization, parameters) };
}

const descriptions =
  /^(?:(?:client_id|client_secret|grant_type|scope) must (?:be printable ASCII|have at most \d+ characters)|project_id must be an integer from 1 to 9007199254740991|Client authentication failed|client_secret and an Authorization header must not both be sent|client_id and the Authorization header must name the same credential)\.$/;

testProperty(
  "the same members in JSON and in a form get the same answer, whose text is a fixed one",
  60_000,
  fc.property(members, fc.constantFrom([], [], ["Basic YTpi"], ["Bearer x"]), (sent, authorization) => {
    const fromJson = decideAll(parseJsonParameters(JSON.stringify(sent)), authorization);
    const fromForm = decideAll(parseFormParameters(new URLSearchParams(sent).toString()), authorization);
    expect(fromForm).toStrictEqual(fromJson);
    for (const answer of isRefusal(fromJson) ? [fromJson] : [fromJson.presented]) {
      if (isRefusal(answer)) expect(answer.description).toMatch(descriptions);
    }
  }),
);
