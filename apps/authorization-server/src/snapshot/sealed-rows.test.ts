import { createHash } from "node:crypto";
import { type RowFile, StoreUnavailable } from "@biped/database";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { testProperty } from "../../../../test/property.ts";
import { createSealedRows } from "./sealed-rows.ts";

/** Rows whose file anybody may change. */
function createRows(key = 7) {
  const content = new Map<string, Uint8Array>();
  let drawn = 0;
  const state = { broken: 0, isUnreadable: false };
  const file: RowFile = {
    find: (id) => {
      if (state.isUnreadable) throw new StoreUnavailable("SQLITE_CORRUPT");
      return content.get(id);
    },
    put: (rows) => rows.forEach((row, id) => void content.set(id, row)),
    remove: (id) => content.delete(id),
    clear: () => content.clear(),
    close: () => {},
  };
  const rows = createSealedRows({
    file,
    key: Buffer.alloc(32, key),
    randomBytes: (count) => createHash("sha512").update(String(++drawn)).digest().subarray(0, count),
    onBroken: () => {
      state.broken += 1;
    },
  });
  rows.add(new Map([["credential:a", "first"]]));
  rows.add(new Map([["credential:b", "second"]]));
  return { rows, content, state };
}

type Rows = ReturnType<typeof createRows>;

function renew({ rows }: Pick<Rows, "rows">, id: string, text: string | undefined): void {
  rows.forget(id);
  rows.replace(id, rows.forgotten.get(id) ?? Number.NaN, text);
}

test("a row is found as it was written, and what was never there is not", () => {
  const { rows, state } = createRows();
  expect([rows.find("credential:a"), rows.find("credential:b")]).toEqual(["first", "second"]);
  expect([rows.find("credential:c"), state.broken]).toEqual([undefined, 0]);
});

testProperty(
  "a row with one bit changed, or cut anywhere, is not there",
  500,
  fc.property(fc.string({ maxLength: 40 }), fc.nat(), fc.boolean(), (text, position, isCut) => {
    const { rows, content, state } = createRows();
    rows.add(new Map([["project:1", text]]));
    const row = Buffer.from(content.get("project:1") ?? []);
    if (isCut) content.set("project:1", row.subarray(0, position % row.length));
    else row.writeUInt8((row[(position >> 3) % row.length] ?? 0) ^ (1 << (position & 7)), (position >> 3) % row.length);
    if (!isCut) content.set("project:1", row);
    expect([rows.find("project:1"), state.broken]).toEqual([undefined, 1]);
  }),
);

describe("what somebody has put into the file is not there", () => {
  test.each<[string, (parts: Rows) => void]>([
    ["the row of another id", ({ content }) => content.set("credential:a", content.get("credential:b")!)],
    [
      "the row of this id from before it was changed",
      ({ rows, content }) => {
        const former = content.get("credential:a")!;
        renew({ rows }, "credential:a", "changed");
        expect(rows.find("credential:a")).toBe("changed");
        content.set("credential:a", former);
      },
    ],
    [
      "the row of an object that was deleted",
      ({ rows, content }) => {
        const former = content.get("credential:a")!;
        renew({ rows }, "credential:a", undefined);
        expect(rows.find("credential:a")).toBeUndefined();
        content.set("credential:a", former);
      },
    ],
    [
      "a row of the filling before",
      ({ rows, content }) => {
        const former = content.get("credential:a")!;
        rows.clear();
        expect(rows.find("credential:a")).toBeUndefined();
        content.set("credential:a", former);
      },
    ],
    [
      "a row under another key",
      ({ content }) => content.set("credential:a", createRows(8).content.get("credential:a")!),
    ],
    ["a file that cannot be read", ({ state }) => Object.assign(state, { isUnreadable: true })],
  ])("%s", (_name, change) => {
    const parts = createRows();
    change(parts);
    expect([parts.rows.find("credential:a"), parts.state.broken]).toEqual([undefined, 1]);
  });
});

test("what was forgotten is not there until it is replaced by what was read after", () => {
  const { rows, state } = createRows();
  rows.forget("credential:a");
  const first = rows.forgotten.get("credential:a")!;
  expect(rows.find("credential:a")).toBeUndefined();
  rows.forget("credential:a");
  rows.replace("credential:a", first, "read before it was forgotten again");
  expect(rows.find("credential:a")).toBeUndefined();
  rows.replace("credential:a", rows.forgotten.get("credential:a")!, "read after");
  expect([rows.find("credential:a"), rows.forgotten.size, state.broken]).toEqual(["read after", 0, 0]);
});

test("of those for the whole, one that was forgotten meanwhile is left out", () => {
  const { rows } = createRows();
  rows.forget("project:1");
  rows.add(new Map([["project:1", "from before"]]));
  expect(rows.find("project:1")).toBeUndefined();
  rows.replace("project:1", rows.forgotten.get("project:1")!, "from after");
  rows.add(new Map([["project:1", "from before"]]));
  expect(rows.find("project:1")).toBe("from after");
});
