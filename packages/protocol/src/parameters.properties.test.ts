import fc from "fast-check";
import { expect } from "vitest";
import { testProperty } from "../../../test/property.ts";
import { decodeFormText, type Parameters, parseFormParameters, readText } from "./parameters.ts";
import { isRefusal } from "./refusal.ts";

const piece = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("a", "b", "=", "&", "+", "%61", "%3D", "%26", "%2B", "%20", "42") },
  {
    weight: 3,
    arbitrary: fc.constantFrom("client_id", "client%5Fid", "scope", "é", "%C3%A9", "%c3%a9", "😀", "%f0%9f%98%80"),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom("%", "%4", "%zz", "%c3", "%28", "%80", "%ed%a0%80", "__proto__", "%00", "constructor"),
  },
);
const formText = fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join(""));
const anyText = fc.oneof({ weight: 4, arbitrary: formText }, { weight: 1, arbitrary: fc.string({ unit: "binary" }) });

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The same byte by byte, as the URL standard describes it, but for its forgiveness. */
function decodeSlowly(text: string): string | undefined {
  const source = Buffer.from(text, "utf8");
  const bytes: number[] = [];
  for (let place = 0; place < source.length; place += 1) {
    const byte = source.readUInt8(place);
    const digits = source.subarray(place + 1, place + 3).toString("latin1");
    if (byte === 0x25 && !/^[0-9a-fA-F]{2}$/.test(digits)) return undefined;
    bytes.push(byte === 0x25 ? Number.parseInt(digits, 16) : byte === 0x2b ? 0x20 : byte);
    if (byte === 0x25) place += 2;
  }
  try {
    return utf8.decode(Uint8Array.from(bytes));
  } catch {
    return undefined;
  }
}

testProperty(
  "form text is decoded byte by byte, and refused where its bytes are no UTF-8",
  60_000,
  fc.property(anyText, (text) => {
    expect(decodeFormText(text)).toBe(decodeSlowly(text));
  }),
);

const malformed = "The body holds a malformed percent-encoding.";
const repeated = "The body holds a repeated member.";
const forbidden = "The body holds a forbidden member name.";

testProperty(
  "a form is read as URLSearchParams reads it, where it is well-formed, without repeats and forbidden names",
  100_000,
  fc.property(anyText, (text) => {
    const parsed = parseFormParameters(text);
    const halves = text.split("&").flatMap((pair) => pair.split("="));
    // A leading question mark is the one thing that URLSearchParams would drop.
    const pairs = [...new URLSearchParams(`&${text}`)];
    const names = pairs.map(([name]) => name);
    if (halves.some((half) => decodeSlowly(half) === undefined)) expect(parsed).toHaveProperty("refused", true);
    else if (names.some((name) => ["__proto__", "constructor", "prototype"].includes(name))) {
      expect(parsed).toHaveProperty("refused", true);
    } else if (new Set(names).size < names.length) expect(parsed).toMatchObject({ description: repeated });
    else expect(parsed).toStrictEqual(new Map(pairs.map(([name, value]) => [name, { kind: "string", text: value }])));
    if (isRefusal(parsed)) expect([malformed, repeated, forbidden]).toContain(parsed.description);
  }),
);

testProperty(
  "what URLSearchParams wrote is read back member by member",
  60_000,
  fc.property(
    fc.array(fc.tuple(fc.string({ unit: "binary", maxLength: 5 }), fc.string({ unit: "binary", maxLength: 8 })), {
      maxLength: 4,
    }),
    (all) => {
      const sent = new Map(all);
      expect(parseFormParameters(new URLSearchParams([...sent]).toString())).toStrictEqual(
        new Map([...sent].map(([name, text]) => [name, { kind: "string", text }])),
      );
    },
  ),
);

testProperty(
  "a member is read exactly, or absent when empty, or refused: never cut, trimmed or folded",
  60_000,
  fc.property(
    fc.oneof(
      fc.string({ maxLength: 12 }),
      fc.string({ unit: "binary", maxLength: 12 }),
      fc.constantFrom(" ", "\u007f", ""),
    ),
    fc.integer({ min: 1, max: 12 }),
    (text, maxLength) => {
      const parameters: Parameters = new Map([["scope", { kind: "string", text }]]);
      const read = readText(parameters, { name: "scope", maxLength });
      const isVisible = [...text].every((each) => each >= " " && each <= "~");
      if (text === "") expect(read).toBeUndefined();
      else if (text.length <= maxLength && isVisible) expect(read).toBe(text);
      else expect(read).toMatchObject({ code: "INVALID_REQUEST" });
    },
  ),
);
