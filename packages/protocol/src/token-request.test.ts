import { describe, expect, test } from "vitest";
import { parseFormParameters, parseJsonParameters } from "./parameters.ts";
import { isRefusal, type Refusal } from "./refusal.ts";
import { parseTokenRequest, type TokenRequest } from "./token-request.ts";

const shown = (parsed: TokenRequest | Refusal) =>
  isRefusal(parsed) ? `${parsed.status} ${parsed.code}: ${parsed.description}` : parsed;

function json(text: string) {
  const parameters = parseJsonParameters(text);
  return shown(isRefusal(parameters) ? parameters : parseTokenRequest(parameters));
}

function form(text: string) {
  const parameters = parseFormParameters(text);
  return shown(isRefusal(parameters) ? parameters : parseTokenRequest(parameters));
}

const wrongProject = "400 INVALID_REQUEST: project_id must be an integer from 1 to 9007199254740991.";
const empty = { grantType: undefined, scope: undefined, projectId: undefined };

describe("a token request", () => {
  test("is the same from JSON and from a form", () => {
    const request = { grantType: "client_credentials", scope: "data-export metrics", projectId: 42 };
    expect(json('{"grant_type":"client_credentials","scope":"data-export metrics","project_id":42}')).toStrictEqual(
      request,
    );
    expect(form("grant_type=client_credentials&scope=data-export+metrics&project_id=42")).toStrictEqual(request);
  });

  test("may lack everything, which is judged after authentication", () => {
    expect(json("{}")).toStrictEqual(empty);
    expect(form("")).toStrictEqual(empty);
    expect(json('{"grant_type":"","scope":"","project_id":""}')).toStrictEqual(empty);
    expect(form("grant_type=&scope=&project_id")).toStrictEqual(empty);
  });

  test("takes nothing from further members", () => {
    const text =
      '{"sub":"a","aud":"b","account_id":1,"role":"admin","scopes":"metrics","projectId":43,"project_id":42}';
    expect(json(text)).toStrictEqual({ ...empty, projectId: 42 });
  });
});

describe("project_id", () => {
  test.each([
    ["1", 1],
    ["42", 42],
    ['"42"', 42],
    ["9007199254740990", 9007199254740990],
    ["9007199254740991", 9007199254740991],
    ['"9007199254740991"', 9007199254740991],
  ])("%s is a project", (value, projectId) => {
    expect(json(`{"project_id":${value}}`)).toStrictEqual({ ...empty, projectId });
  });

  test.each(['""', "null"])("%s counts as absent", (value) => {
    expect(json(`{"project_id":${value}}`)).toStrictEqual(empty);
  });

  test.each(
    [
      ["0", "-0", "-1", "-42", "1e3", "1E3", "1.0", "42.0", "42.5", "4.2e1", "0.1", "1e-1", "1e400"],
      ["9007199254740992", "9007199254740993", "10000000000000000", "99999999999999999999"],
      ['"0"', '"-1"', '"+42"', '"042"', '"42 "', '" 42"', '" "', '"4 2"', '"42\\n"', '"1e3"', '"42.0"', '"0x2a"'],
      ['"9007199254740992"', '"10000000000000000"', '"null"', '"NaN"', '"٤٢"', '"４２"', '"42\\u0000"'],
      ["true", "false", "[]", "[42]", "{}", '{"id":42}'],
    ].flat(),
  )("400 INVALID_REQUEST: %s", (value) => {
    expect(json(`{"project_id":${value}}`)).toBe(wrongProject);
  });

  test("in a form is the same as a string", () => {
    expect(form("project_id=42")).toStrictEqual({ ...empty, projectId: 42 });
    expect(form("project_id=%34%32")).toStrictEqual({ ...empty, projectId: 42 });
    for (const value of ["0", "-1", "042", "42+", "+42", "1e3", "null", "42.0", "9007199254740992"]) {
      expect(form(`project_id=${value}`)).toBe(wrongProject);
    }
  });

  test("400 INVALID_REQUEST: sent twice", () => {
    expect(json('{"project_id":42,"project_id":42}')).toBe("400 INVALID_REQUEST: The body holds a repeated member.");
    expect(form("project_id=42&project_id=")).toBe("400 INVALID_REQUEST: The body holds a repeated member.");
  });

  test("400 INVALID_REQUEST: a mebibyte of digits", () => {
    expect(json(`{"project_id":${"4".repeat(2 ** 20)}}`)).toBe(wrongProject);
    expect(form(`project_id=${"4".repeat(2 ** 20)}`)).toBe(wrongProject);
  });
});

describe.each([
  ["grant_type", 128],
  ["scope", 2048],
])("%s", (name, limit) => {
  const member = name === "scope" ? "scope" : "grantType";

  test(`is read at ${limit - 1} and at ${limit} characters, and 400 INVALID_REQUEST above`, () => {
    const tooLong = `400 INVALID_REQUEST: ${name} must have at most ${limit} characters.`;
    for (const length of [limit - 1, limit]) {
      const text = "x".repeat(length);
      expect(json(`{"${name}":"${text}"}`)).toStrictEqual({ ...empty, [member]: text });
      expect(form(`${name}=${text}`)).toStrictEqual({ ...empty, [member]: text });
    }
    for (const length of [limit + 1, 2 ** 20]) {
      expect(json(`{"${name}":"${"x".repeat(length)}"}`)).toBe(tooLong);
      expect(form(`${name}=${"x".repeat(length)}`)).toBe(tooLong);
    }
  });

  test.each(["null", "42", "true", "[]", '["metrics"]', "{}"])("400 INVALID_REQUEST: %s is no string", (value) => {
    expect(json(`{"${name}":${value}}`)).toBe(`400 INVALID_REQUEST: ${name} must be a string.`);
  });

  test("400 INVALID_REQUEST: sent twice", () => {
    expect(json(`{"${name}":"a","${name}":"a"}`)).toBe("400 INVALID_REQUEST: The body holds a repeated member.");
    expect(form(`${name}=a&${name}=a`)).toBe("400 INVALID_REQUEST: The body holds a repeated member.");
  });
});

describe("characters that no parameter may hold", () => {
  test.each(["\\u0000", "\\t", "\\n", "\\u007f", "é", "\\ud800", "\\ufeff"])("%s in grant_type is 400", (text) => {
    expect(json(`{"grant_type":"client_credentials${text}"}`)).toBe(
      "400 INVALID_REQUEST: grant_type must be printable ASCII.",
    );
  });

  test("in scope are left to the rules of scope, whose answer is invalid_scope and comes after authentication", () => {
    expect(json('{"scope":"data-export\\tmetrics"}')).toStrictEqual({ ...empty, scope: "data-export\tmetrics" });
    expect(json('{"scope":"métrics"}')).toStrictEqual({ ...empty, scope: "métrics" });
  });
});
