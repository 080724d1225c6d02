import fc from "fast-check";
import { afterAll, expect } from "vitest";
import { testProperty } from "../../../test/property.ts";
import { readJsonMembers } from "./json-members.ts";
import { parseJsonParameters } from "./parameters.ts";
import { isRefusal } from "./refusal.ts";

const untouched = Reflect.ownKeys(Object.prototype);
afterAll(() => expect(Reflect.ownKeys(Object.prototype)).toStrictEqual(untouched));

/** Texts are written by following a list of numbers, so that fast-check can shorten the list and so the text. */
const choices = fc.array(fc.nat(999), { minLength: 4, maxLength: 60, size: "large" });
const names = [
  "a",
  "b",
  "client_id",
  "\\u0061",
  "\\u0062",
  "client\\u005fid",
  "",
  "é",
  "\\u00e9",
  "\\ud800",
  '\\"',
  "\\\\",
];
const rareNames = ["__proto__", "constructor", "prototype", "\\u005f_proto__", "\\u0070rototype", "Constructor"];
const scalars = ["1", "-0", "1e3", "42.0", "9007199254740993", "null", "true", "false"];
const strings = ['"a"', '""', '"{"', '"],"', '"\\""', '"\\\\"', '"\\u0022:"', '"__proto__"', '"a,b:c"'];
const blanks = ["", "", "", "", " ", "\t", "\n", "\r\n "];
const faults = ["", "{", "}", "[", "]", '"', "\\", ",", ":", "1", "x", "\u00a0", "\u0000", " "];

function writeJson(numbers: readonly number[]): string {
  let used = 0;
  const next = (): number => numbers[used++] ?? 0;
  const pick = (list: readonly string[]): string => list[next() % list.length] ?? "";
  const blank = (): string => pick(blanks);
  const name = (): string => `"${pick(next() % 30 === 29 ? rareNames : names)}"`;
  const member = (depth: number): string => `${blank()}${name()}${blank()}:${blank()}${value(depth)}${blank()}`;
  const list = (count: number, write: () => string): string => Array.from({ length: count }, write).join(",");
  const object = (depth: number): string => `{${list(next() % 4, () => member(depth + 1))}}`;
  const value = (depth: number): string => {
    const kind = next() % 8;
    if (depth > 4 || kind < 2) return pick(scalars);
    if (kind < 4) return pick(strings);
    return kind < 7 ? object(depth) : `[${list(next() % 3, () => value(depth + 1))}]`;
  };
  const text = `${blank()}${next() % 20 === 19 ? value(0) : object(0)}${blank()}`;
  if (next() % 4 !== 3) return text;
  const place = next() % (text.length + 1);
  return `${text.slice(0, place)}${pick(faults)}${text.slice(place + (next() % 2))}`;
}

const jsonText = fc.oneof({ weight: 9, arbitrary: choices.map(writeJson) }, { weight: 1, arbitrary: fc.json() });

/** A reader that is slow and plain: it takes the text apart by recursion and keeps every pair. */
type Pair = { readonly name: string; readonly value: Node };
type Node = { readonly source: string; readonly pairs: readonly Pair[]; readonly items: readonly Node[] };

function readSlowly(text: string): Node {
  let rest = text.trimStart();
  const take = (pattern: RegExp): string => {
    const [taken] = pattern.exec(rest) ?? [];
    if (taken === undefined) throw new Error(`Nothing of ${pattern} here: ${rest}`);
    rest = rest.slice(taken.length).trimStart();
    return taken;
  };
  const readNode = (): Node => {
    const start = rest;
    const pairs: Pair[] = [];
    const items: Node[] = [];
    if (rest.startsWith("{")) {
      for (take(/^\{/); !rest.startsWith("}"); rest.startsWith(",") && take(/^,/)) {
        const name = JSON.parse(take(/^"(?:[^"\\]|\\.)*"/));
        take(/^:/);
        pairs.push({ name, value: readNode() });
      }
      take(/^\}/);
    } else if (rest.startsWith("[")) {
      for (take(/^\[/); !rest.startsWith("]"); rest.startsWith(",") && take(/^,/)) items.push(readNode());
      take(/^\]/);
    } else take(/^(?:"(?:[^"\\]|\\.)*"|[-+.\w]+)/);
    return { source: start.slice(0, start.length - rest.length).trim(), pairs, items };
  };
  return readNode();
}

function findDefect({ pairs, items }: Node): string | undefined {
  for (const [index, { name, value }] of pairs.entries()) {
    if (["__proto__", "constructor", "prototype"].includes(name)) return "a forbidden member name";
    if (pairs.slice(0, index).some((earlier) => earlier.name === name)) return "a repeated member";
    const defect = findDefect(value);
    if (defect !== undefined) return defect;
  }
  return items.map(findDefect).find((defect) => defect !== undefined);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

testProperty(
  "the members, their sources and the first defect are those that a slow recursive reader finds",
  80_000,
  fc.property(jsonText.filter(isJson), (text) => {
    const node = readSlowly(text);
    const isObject = node.source.startsWith("{");
    const defect = isObject ? findDefect(node) : "not an object";
    const members = node.pairs.map(({ name, value }) => ({ name, source: value.source }));
    expect(readJsonMembers(text)).toStrictEqual(defect === undefined ? { members } : { defect });
  }),
);

const descriptions = new Map([
  ["not an object", "The body must be a JSON object."],
  ["a repeated member", "The body holds a repeated member."],
  ["a forbidden member name", "The body holds a forbidden member name."],
]);

testProperty(
  "parameters hold each member's name and value, and a text that JSON.parse refuses is refused",
  80_000,
  fc.property(jsonText, (text) => {
    const parsed = parseJsonParameters(text);
    if (!isJson(text)) {
      expect(parsed).toMatchObject({ code: "INVALID_REQUEST", description: "The body is not well-formed JSON." });
      return;
    }
    const node = readSlowly(text);
    const defect = node.source.startsWith("{") ? findDefect(node) : "not an object";
    const members = new Map(node.pairs.map(({ name, value }) => [name, judgeValue(value.source)]));
    if (defect === undefined) expect(parsed).toStrictEqual(members);
    else expect(parsed).toMatchObject({ code: "INVALID_REQUEST", description: descriptions.get(defect) });
  }),
);

/** One value alone, which JSON.parse reads right: what it misreads are the names of members (nodejs/node#63785). */
function judgeValue(source: string) {
  const value: unknown = JSON.parse(source);
  if (typeof value === "string") return { kind: "string", text: value };
  if (typeof value === "number") return { kind: "number", text: source };
  return { kind: value === null ? "null" : "other" };
}

testProperty(
  "any text at all is answered by parameters or by one of four fixed sentences",
  40_000,
  fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.string(), choices.map(writeJson)), (text) => {
    const parsed = parseJsonParameters(text);
    if (isRefusal(parsed)) {
      expect(["The body is not well-formed JSON.", ...descriptions.values()]).toContain(parsed.description);
      expect(parsed.reason).toBe(parsed.description);
    } else expect(parsed).toBeInstanceOf(Map);
  }),
);
