import { isRefusal } from "@biped/protocol";
import { describe, expect, test } from "vitest";
import { parseJobRequest } from "./job-request.ts";

/** The 1st of December 2026. */
const now = Date.UTC(2026, 11, 1) / 1000;

const valid = {
  name: "Nightly sessions",
  format: "JSONL",
  scope: "sessions",
  frequency: { value: "daily" },
  fields: [{ fieldName: "session_id" }],
};
const parse = (changes: object) => parseJobRequest(JSON.stringify({ ...valid, ...changes }), now);
const parseFields = (...fields: readonly object[]) => parse({ fields });
const parseRange = (from: unknown, to: unknown) => parse({ frequency: { value: "once", dateRange: { from, to } } });
const refusal = (description: string) => expect.objectContaining({ code: "INVALID_REQUEST", status: 400, description });

describe("accepted", () => {
  test("the least that a job needs: all devices, all users", () => {
    expect(parse({})).toStrictEqual({ ...valid, deviceLabel: "all", segmentId: undefined, formulaGuard: false });
  });

  test("all that a job may have", () => {
    const everything = {
      ...valid,
      name: "x".repeat(255),
      format: "CSV",
      frequency: { value: "once", dateRange: { from: "2026-11-01", to: "2026-11-08T02:00:00+02:00" } },
      fields: [
        { fieldName: "custom_var", customVarPosition: 1, aliasName: "plan" },
        { fieldName: "custom_var", customVarPosition: 20 },
        { fieldName: "dynamic_var", dynamicVarKey: "é 🙂", aliasName: "a._ -Z9" },
        { fieldName: "dynamic_var", dynamicVarKey: "é" },
        { fieldName: "city", aliasName: "country_code" },
      ],
      deviceLabel: "tablet",
      segmentId: Number.MAX_SAFE_INTEGER,
      formulaGuard: true,
    };
    const dateRange = { from: Date.UTC(2026, 10, 1), to: Date.UTC(2026, 10, 8) };
    const frequency = { value: "once", dateRange };
    expect(parseJobRequest(JSON.stringify(everything), now)).toStrictEqual({ ...everything, frequency });
  });

  test("255 characters are counted, not their UTF-16 halves", () => {
    expect(isRefusal(parse({ name: "🙂".repeat(255) }))).toBe(false);
    expect(isRefusal(parse({ name: "🙂".repeat(256) }))).toBe(true);
  });

  test("200 fields, and not one more", () => {
    const fields = Array.from({ length: 201 }, (_, key) => ({ fieldName: "dynamic_var", dynamicVarKey: `${key}` }));
    expect(isRefusal(parse({ fields: fields.slice(1) }))).toBe(false);
    expect(parse({ fields })).toEqual(refusal("fields must be an array of 1 to 200 fields."));
  });
});

describe("400: the body", () => {
  const known = "known are name, format, scope, frequency, fields, deviceLabel, segmentId, formulaGuard";
  const cases: readonly (readonly [string, string, string])[] = [
    ["nothing", "", "The body is not well-formed JSON."],
    ["cut off", '{"name":', "The body is not well-formed JSON."],
    ["an array", "[]", "The body must be a JSON object."],
    ["a text", '"x"', "The body must be a JSON object."],
    ["null", "null", "The body must be a JSON object."],
    ["a repeated member", '{"name":"a","name":"b"}', "The body holds a repeated member."],
    ["a repeated member inside", '{"fields":[{"fieldName":"a","fieldName":"b"}]}', "The body holds a repeated member."],
    ["__proto__", '{"__proto__":{"name":"a"}}', "The body holds a forbidden member name."],
    [
      "32 000 brackets",
      `{"name":${"[".repeat(32_000)}${"]".repeat(32_000)}}`,
      "name must have 1 to 255 characters, not only blanks, no control characters and no lone surrogates.",
    ],
    ["no member", "{}", "name is required."],
    ["an unknown member", JSON.stringify({ ...valid, secretName: 1 }), `The body holds an unknown member; ${known}.`],
    ["projectId", JSON.stringify({ ...valid, projectId: 43 }), `The body holds an unknown member; ${known}.`],
  ];
  test.each(cases)("%s", (_name, text, description) => {
    expect(parseJobRequest(text, now)).toEqual(refusal(description));
  });
});

describe("400: a member", () => {
  const nameRule = "must have 1 to 255 characters, not only blanks, no control characters and no lone surrogates.";
  const instantRule = "must be an ISO 8601 date, or date and time, such as 2026-11-03 or 2026-11-03T08:30:00Z.";
  const segmentRule = "segmentId must be an integer from 1 to 9007199254740991.";
  const once = (dateRange: unknown) => ({ frequency: { value: "once", dateRange } });
  const cases: readonly (readonly [object, string])[] = [
    [{ name: undefined }, "name is required."],
    [{ name: "" }, `name ${nameRule}`],
    [{ name: " \u00a0" }, `name ${nameRule}`],
    [{ name: "x".repeat(256) }, `name ${nameRule}`],
    [{ name: "a\u0000b" }, `name ${nameRule}`],
    [{ name: "a\nb" }, `name ${nameRule}`],
    [{ name: "a\u0085b" }, `name ${nameRule}`],
    [{ name: "a\u2028b" }, `name ${nameRule}`],
    [{ name: "a\u202eb" }, `name ${nameRule}`],
    [{ name: "a\u2066b" }, `name ${nameRule}`],
    [{ name: "a\ud800b" }, `name ${nameRule}`],
    [{ name: "\udc00" }, `name ${nameRule}`],
    [{ name: 7 }, `name ${nameRule}`],
    [{ name: null }, `name ${nameRule}`],
    [{ format: undefined }, "format is required."],
    [{ format: "jsonl" }, "format must be one of JSONL, CSV."],
    [{ format: ["CSV"] }, "format must be one of JSONL, CSV."],
    [{ scope: undefined }, "scope is required."],
    [{ scope: "constructor" }, "scope must be one of sessions, views."],
    [{ frequency: undefined }, "frequency is required."],
    [{ frequency: "daily" }, "frequency must be an object."],
    [{ frequency: null }, "frequency must be an object."],
    [{ frequency: [] }, "frequency must be an object."],
    [{ frequency: {} }, "frequency.value is required."],
    [{ frequency: { value: "weekly" } }, "frequency.value must be one of once, daily, hourly."],
    [{ frequency: { value: "once" } }, "frequency.dateRange is required for once."],
    [
      { frequency: { value: "daily", dateRange: { from: "2026-11-01", to: "2026-11-02" } } },
      "frequency.dateRange is for once only.",
    ],
    [{ frequency: { value: "daily", at: 3 } }, "frequency holds an unknown member; known are value, dateRange."],
    [once(null), "frequency.dateRange must be an object."],
    [once({ from: "2026-11-01" }), "frequency.dateRange.to is required."],
    [once({ from: 1_762_156_800, to: "2026-11-02" }), `frequency.dateRange.from ${instantRule}`],
    [once({ from: "2026-11-01", to: "2026-11-31" }), `frequency.dateRange.to ${instantRule}`],
    [
      once({ from: "2026-11-01", to: "2026-11-02", timeZone: "UTC" }),
      "frequency.dateRange holds an unknown member; known are from, to.",
    ],
    [{ fields: undefined }, "fields is required."],
    [{ fields: [] }, "fields must be an array of 1 to 200 fields."],
    [{ fields: { 0: { fieldName: "city" } } }, "fields must be an array of 1 to 200 fields."],
    [{ deviceLabel: "desktops" }, "deviceLabel must be one of all, desktop, mobile, tablet."],
    [{ deviceLabel: null }, "deviceLabel must be one of all, desktop, mobile, tablet."],
    [{ segmentId: 0 }, segmentRule],
    [{ segmentId: -1 }, segmentRule],
    [{ segmentId: 1.5 }, segmentRule],
    [{ segmentId: "1" }, segmentRule],
    [{ segmentId: null }, segmentRule],
    [{ segmentId: true }, segmentRule],
    [{ formulaGuard: true }, "formulaGuard is for CSV only."],
    [{ format: "CSV", formulaGuard: "true" }, "formulaGuard must be true or false."],
    [{ format: "CSV", formulaGuard: null }, "formulaGuard must be true or false."],
  ];
  test.each(cases)("%j: %s", (changes, description) => {
    expect(parse(changes)).toEqual(refusal(description));
  });

  test.each(["1e400", "9007199254740992", "9007199254740993", "-0", "1E-1"])("segmentId %s", (number) => {
    const text = JSON.stringify({ ...valid, segmentId: 1 }).replace('"segmentId":1', `"segmentId":${number}`);
    expect(parseJobRequest(text, now)).toEqual(refusal(segmentRule));
  });
});

describe("400: the range of a job that runs once", () => {
  test("from before to, by a millisecond at least", () => {
    expect(isRefusal(parseRange("2026-11-01T00:00:00Z", "2026-11-01T00:00:00.001Z"))).toBe(false);
    const rule = refusal("frequency.dateRange.from must lie before to.");
    expect(parseRange("2026-11-01", "2026-11-01T00:00:00Z")).toEqual(rule);
    expect(parseRange("2026-11-02", "2026-11-01")).toEqual(rule);
    expect(parseRange("2026-11-01T01:00:00+01:00", "2026-11-01T00:00:00Z")).toEqual(rule);
  });

  test("seven days to the millisecond, and not one more", () => {
    expect(isRefusal(parseRange("2026-11-01", "2026-11-08"))).toBe(false);
    const rule = refusal("frequency.dateRange.to must lie at most 7 days after from.");
    expect(parseRange("2026-11-01", "2026-11-08T00:00:00.001Z")).toEqual(rule);
  });
});

describe("400: a range and the clock", () => {
  const parseAt = (nowSeconds: number) => {
    const dateRange = { from: "2026-11-01T00:00:01Z", to: "2026-11-02" };
    return parseJobRequest(JSON.stringify({ ...valid, frequency: { value: "once", dateRange } }), nowSeconds);
  };

  test("it may begin now and end later, and not begin later", () => {
    const from = Date.UTC(2026, 10, 1, 0, 0, 1) / 1000;
    expect(isRefusal(parseAt(from))).toBe(false);
    expect(parseAt(from - 0.001)).toEqual(refusal("frequency.dateRange.from must not lie in the future."));
  });
});

describe("400: a field", () => {
  const aliasRule =
    "must have 1 to 255 letters, digits, blanks and the signs _ . - only, and begin with a letter, a digit or _.";
  const positionRule = "must be an integer from 1 to 20.";
  const column = "must not get the column name of an earlier field; give another aliasName.";
  const customVar = (customVarPosition: unknown) => ({ fieldName: "custom_var", customVarPosition });
  const dynamicVar = (dynamicVarKey: unknown) => ({ fieldName: "dynamic_var", dynamicVarKey });
  const cases: readonly (readonly [readonly object[], string])[] = [
    [[{}], "fields[0].fieldName is required."],
    [[["city"]], "fields[0] must be an object."],
    [[{ fieldName: 1 }], "fields[0].fieldName must be a string."],
    [[{ fieldName: "" }], "fields[0].fieldName must name an exportable field of the scope."],
    [[{ fieldName: "is_first" }], "fields[0].fieldName must name an exportable field of the scope."],
    [[{ fieldName: "toString" }], "fields[0].fieldName must name an exportable field of the scope."],
    [[{ fieldName: "City" }], "fields[0].fieldName must name an exportable field of the scope."],
    [
      [{ fieldName: "city", alias: "x" }],
      "fields[0] holds an unknown member; known are fieldName, aliasName, customVarPosition, dynamicVarKey.",
    ],
    [[{ fieldName: "city" }, { fieldName: "city" }], "fields[1] must not repeat an earlier field."],
    [[{ fieldName: "city" }, { fieldName: "city", aliasName: "x" }], "fields[1] must not repeat an earlier field."],
    [[{ fieldName: "city", aliasName: "" }], `fields[0].aliasName ${aliasRule}`],
    [[{ fieldName: "city", aliasName: "=1+1" }], `fields[0].aliasName ${aliasRule}`],
    [[{ fieldName: "city", aliasName: "-x" }], `fields[0].aliasName ${aliasRule}`],
    [[{ fieldName: "city", aliasName: "x\n" }], `fields[0].aliasName ${aliasRule}`],
    [[{ fieldName: "city", aliasName: "é" }], `fields[0].aliasName ${aliasRule}`],
    [[{ fieldName: "city", aliasName: "x".repeat(256) }], `fields[0].aliasName ${aliasRule}`],
    [[{ fieldName: "city", aliasName: null }], `fields[0].aliasName ${aliasRule}`],
    [
      [{ fieldName: "city" }, { fieldName: "language" }, { fieldName: "model", aliasName: "city" }],
      `fields[2] ${column}`,
    ],
    [[{ fieldName: "model", aliasName: "city" }, { fieldName: "city" }], `fields[1] ${column}`],
    [[customVar(3), { fieldName: "city", aliasName: "custom_var_3" }], `fields[1] ${column}`],
    [[{ fieldName: "custom_var" }], "fields[0].customVarPosition is required for custom_var."],
    [[{ fieldName: "city", customVarPosition: 1 }], "fields[0].customVarPosition is for custom_var only."],
    [[{ ...dynamicVar("a"), customVarPosition: 1 }], "fields[0].customVarPosition is for custom_var only."],
    [[customVar(0)], `fields[0].customVarPosition ${positionRule}`],
    [[customVar(21)], `fields[0].customVarPosition ${positionRule}`],
    [[customVar(1.5)], `fields[0].customVarPosition ${positionRule}`],
    [[customVar("1")], `fields[0].customVarPosition ${positionRule}`],
    [[customVar(null)], `fields[0].customVarPosition ${positionRule}`],
    [[customVar(3), { ...customVar(3), aliasName: "x" }], "fields[1] must not repeat an earlier field."],
    [[{ fieldName: "dynamic_var" }], "fields[0].dynamicVarKey is required for dynamic_var."],
    [[{ fieldName: "city", dynamicVarKey: "a" }], "fields[0].dynamicVarKey is for dynamic_var only."],
    [[{ ...customVar(1), dynamicVarKey: "a" }], "fields[0].dynamicVarKey is for dynamic_var only."],
    [
      [dynamicVar("a\u0000")],
      "fields[0].dynamicVarKey must have 1 to 255 characters, not only blanks, no control characters and no lone surrogates.",
    ],
    [[dynamicVar("a"), { ...dynamicVar("a"), aliasName: "x" }], "fields[1] must not repeat an earlier field."],
  ];
  test.each(cases)("%j: %s", (fields, description) => {
    expect(parseFields(...fields)).toEqual(refusal(description));
  });

  test("a field of the other scope", () => {
    expect(isRefusal(parse({ scope: "views", fields: [{ fieldName: "is_first" }] }))).toBe(false);
    expect(parse({ scope: "views", fields: [{ fieldName: "city" }] })).toEqual(
      refusal("fields[0].fieldName must name an exportable field of the scope."),
    );
  });
});
