import fc from "fast-check";
import { expect, test } from "vitest";
import { testProperty } from "../../../test/property.ts";
import { formatRevocations, parseRevocations, type RevocationDocument, revocationFeedType } from "./revocation-feed.ts";
import { markToken } from "./revocation-marks.ts";

const empty: RevocationDocument = {
  issuer: "https://auth.example.com",
  issuedAtSeconds: 1_800_000_000,
  after: 0,
  sequence: 12,
  ageSeconds: 1,
  notBefore: 0,
  keyIds: ["k1"],
  moved: [],
  disabled: [],
  accounts: [],
  projects: [],
  marks: [],
};

test("a document without any revocation is a line of JSON", () => {
  expect(formatRevocations(empty)).toBe(
    '{"iss":"https://auth.example.com","iat":1800000000,"after":0,"sequence":12,"age":1,"not_before":0,"key_ids":["k1"],"moved":[],"disabled":[]}',
  );
  expect(parseRevocations(formatRevocations(empty))).toEqual(empty);
});

test("the type of the document is none of a token", () => {
  expect(revocationFeedType).toBe("revocations+jws");
});

test.each<[string, Partial<RevocationDocument>, string]>([
  ["an account and a project", { accounts: [[7, 1]], projects: [[42, 130]] }, "01 07 01 01 2a 82 01 00"],
  ["an account and a mark", { accounts: [[7, 1]], marks: [5] }, "01 07 01 00 01 00 00 00 00 00 02 80"],
  [
    "two accounts, in order",
    {
      accounts: [
        [9, 2],
        [7, 1],
      ],
    },
    "02 07 01 02 02 00 00",
  ],
])("octets follow the line: %s", (_name, lists, octets) => {
  const line = formatRevocations(empty);
  const payload = formatRevocations({ ...empty, ...lists });
  expect(payload.slice(0, line.length + 1)).toBe(`${line}\n`);
  expect(Buffer.from(payload.slice(line.length + 1), "latin1").toString("hex")).toBe(octets.replaceAll(" ", ""));
});

test("R-20: 10,000 live revocations fit into 64 KiB as they are sent, base64url", () => {
  const marks = Array.from({ length: 10_000 }, (_, index) => markToken(`019b2c3d-${index}`));
  const payload = formatRevocations({ ...empty, marks });
  expect(Buffer.from(payload, "latin1").toString("base64url").length).toBeLessThanOrEqual(61_000);
  expect(parseRevocations(payload)?.marks).toEqual(marks.toSorted((left, right) => left - right));
});

test("what is no octet goes as an escape: the payload is characters U+0000 to U+00FF", () => {
  const document = { ...empty, issuer: "https://aüth.example.com/\u2028" };
  expect(formatRevocations(document)).toMatch(/^[\x20-\x7e]*$/);
  expect(parseRevocations(formatRevocations(document))).toEqual(document);
});

const good = {
  iss: "i",
  iat: 1_800_000_000,
  after: 1,
  sequence: 2,
  age: 0,
  not_before: 0,
  key_ids: ["k"],
  moved: [[1, "e"]],
  disabled: [1],
};

test.each<[string, string]>([
  ["nothing", ""],
  ["no JSON", "{"],
  ["no object", "[]"],
  ["null", "null"],
  ...Object.keys(good)
    .filter((name) => name !== "disabled")
    .map((name): [string, string] => [`${name} is missing`, JSON.stringify({ ...good, [name]: undefined })]),
  ["an issuer that is no text", JSON.stringify({ ...good, iss: 1 })],
  ["a time that is no number", JSON.stringify({ ...good, iat: "1800000000" })],
  ["after is beyond sequence", JSON.stringify({ ...good, after: 3 })],
  ["a sequence below zero", JSON.stringify({ ...good, after: 0, sequence: -1 })],
  ["a sequence with a fraction", JSON.stringify({ ...good, sequence: 2.5 })],
  ["an age below zero", JSON.stringify({ ...good, age: -1 })],
  ["an age that is no number", JSON.stringify({ ...good, age: "0" })],
  ["a cut-off below zero", JSON.stringify({ ...good, not_before: -1 })],
  ["a disabled project below zero", JSON.stringify({ ...good, disabled: [-1] })],
  ["a cut-off that is no number", JSON.stringify({ ...good, not_before: "0" })],
  ["a key id that is no text", JSON.stringify({ ...good, key_ids: [1] })],
  ["a move without a place", JSON.stringify({ ...good, moved: [[1]] })],
  ["a move of three", JSON.stringify({ ...good, moved: [[1, "e", 2]] })],
  ["a move of no project", JSON.stringify({ ...good, moved: [["1", "e"]] })],
  ["a disabled project that is no number", JSON.stringify({ ...good, disabled: ["1"] })],
  ["lists that end too early", `${JSON.stringify(good)}\n\u0001`],
  ["lists without their marks", `${JSON.stringify(good)}\n\u0000\u0000`],
  ["something left over", `${JSON.stringify(good)}\n\u0000\u0000\u0000\u0000`],
  ["more marks than there are octets", `${JSON.stringify(good)}\n\u0000\u0000\u00ff\u00ff\u007f`],
])("undefined: %s", (_name, payload) => {
  expect(parseRevocations(payload)).toBeUndefined();
});

test("the same lists whole and well: it is the faults above that were refused", () => {
  expect(parseRevocations(JSON.stringify({ ...good, after: 2 }))).toMatchObject({ after: 2, sequence: 2 });
  expect(parseRevocations(JSON.stringify(good))).toMatchObject({ after: 1, moved: [[1, "e"]], disabled: [1] });
  expect(parseRevocations(`${JSON.stringify(good)}\n\u0000\u0000\u0000`)).toMatchObject({ marks: [] });
});

const whole = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const epochs = fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 2 ** 45 }), whole), { selector: ([id]) => id });
const document: fc.Arbitrary<RevocationDocument> = fc
  .record({
    issuer: fc.webUrl(),
    issuedAtSeconds: whole,
    sequences: fc.tuple(whole, whole),
    ageSeconds: fc.integer({ min: 0, max: 10_000 }),
    notBefore: whole,
    keyIds: fc.array(fc.string()),
    moved: fc.array(fc.tuple(whole, fc.webUrl())),
    disabled: fc.option(fc.array(whole), { nil: undefined }),
    accounts: epochs,
    projects: epochs,
    marks: fc.uniqueArray(fc.integer({ min: 0, max: 2 ** 48 - 1 }), { maxLength: 200 }),
  })
  .map(({ sequences: [one, other], ...rest }) => ({
    ...rest,
    after: Math.min(one, other),
    sequence: Math.max(one, other),
  }));

testProperty(
  "whatever is told is understood, with the lists in order",
  500,
  fc.property(document, (told) => {
    expect(parseRevocations(formatRevocations(told))).toEqual({
      ...told,
      accounts: told.accounts.toSorted(([left], [right]) => left - right),
      projects: told.projects.toSorted(([left], [right]) => left - right),
      marks: told.marks.toSorted((left, right) => left - right),
    });
  }),
);

testProperty(
  "a payload that was cut, or has an octet too many, is never understood",
  500,
  fc.property(
    document.filter(({ marks }) => marks.length > 0),
    fc.nat(),
    (told, at) => {
      const payload = formatRevocations(told);
      expect(parseRevocations(`${payload}\u0000`)).toBeUndefined();
      expect(parseRevocations(payload.slice(0, at % payload.length))).toSatisfy(
        // A cut at the end of the line leaves a good document without lists: the signature is against it.
        (cut) => cut === undefined || at % payload.length === payload.indexOf("\n"),
      );
    },
  ),
);
