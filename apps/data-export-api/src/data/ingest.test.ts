import { createHash } from "node:crypto";
import {
  existsSync,
  globSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { createEngine, EngineFailure } from "../engine/engine.ts";
import { createDirectorySource } from "./directory-source.ts";
import { type IngestRequest, ingest } from "./ingest.ts";

const engine = createEngine({ memoryBytes: 200_000_000, threads: 1 });
afterAll(() => engine.close());

let directory: string;
let root: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "biped-ingest-"));
  root = join(directory, "data");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const now = Date.UTC(2026, 10, 7, 12) / 1000;
const input = () => join(directory, "input");
const rejects = () => join(directory, "rejects.jsonl");
const bringIn = (bytes: string | Uint8Array, request: Partial<IngestRequest> = {}, nowSeconds = now) => {
  writeFileSync(input(), bytes);
  const parts = { root, engine, nowSeconds: () => nowSeconds, onProgress: () => {} };
  return ingest(parts, {
    projectId: 42,
    scope: "sessions",
    input: input(),
    rejectsFile: rejects(),
    coveredDays: [],
    ...request,
  });
};

const row = (sessionId: number, day: number, more: object = {}) =>
  JSON.stringify({ session_id: sessionId, user_id: 1, session_time: `2026-11-0${day}T08:30:00Z`, ...more });
const idOf = (bytes: string) => createHash("sha256").update(bytes).digest("hex").slice(0, 32);
const files = () => globSync("**/*.parquet", { cwd: root }).sort();
const readRejects = () => readFileSync(rejects(), "utf8").trimEnd().split("\n");
const at = (day: number, id: string, count: number) =>
  `sessions/project_id=42/day=2026-11-0${day}/${id}-${count}.parquet`;

const query = async (sql: string) => {
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  return (await connection.runAndReadAll(sql)).getRowsJson();
};
const readIds = async () => {
  const rows = await query(
    `select session_id from read_parquet('${root}/**/*.parquet', union_by_name = true) order by 1`,
  );
  return rows.flat().map(Number);
};

test("rows of several days: a file a day, named after the input and its rows; nothing else is left", async () => {
  const bytes = [row(1, 3), row(2, 4), row(3, 3)].join("\n");
  expect(await bringIn(bytes)).toEqual({
    acceptedCount: 3,
    rejectedCount: 0,
    days: [
      { day: "2026-11-03", rowCount: 2, outcome: "placed" },
      { day: "2026-11-04", rowCount: 1, outcome: "placed" },
    ],
  });
  expect(files()).toEqual([at(3, idOf(bytes), 2), at(4, idOf(bytes), 1)]);
  expect(readdirSync(root)).toEqual(["sessions"]);
  expect(await readIds()).toEqual([1, 2, 3]);
  expect(existsSync(rejects())).toBe(false);
});

test("a row belongs to its day in UTC, a view to that of its own moment", async () => {
  await bringIn(row(1, 3, { session_time: "2026-11-04T00:30:00+01:00" }));
  await bringIn(row(1, 3, { view_number: 1, view_time: "2026-11-04T00:00:00Z" }), { scope: "views" });
  expect(files().map((file) => file.replace(/\/[^/]*$/, ""))).toEqual([
    "sessions/project_id=42/day=2026-11-03",
    "views/project_id=42/day=2026-11-04",
  ]);
});

describe("rejects", () => {
  test("stand with their line, their reason and the row letter by letter; their neighbours are stored", async () => {
    const rows = [row(1, 3), '{"session_id": 9007199254740993}', "{half", "", row(2, 3), row(3, 9), "[1,\t2]\r"];
    const outcome = await bringIn(rows.join("\n"));
    expect(outcome).toMatchObject({ acceptedCount: 2, rejectedCount: 4 });
    expect(readRejects()).toEqual([
      '{"line":2,"reason":"user_id is required","row":{"session_id": 9007199254740993}}',
      '{"line":3,"reason":"not a JSON object","row":"{half"}',
      `{"line":6,"reason":"session_time must lie between the year 2000 and a day from now","row":${row(3, 9)}}`,
      '{"line":7,"reason":"not a JSON object","row":[1,\t2]}',
    ]);
    expect(await readIds()).toEqual([1, 2]);
  });

  test("BOM, CRLF, blank lines and a last line without an end are no faults", async () => {
    expect(await bringIn(`\uFEFF${row(1, 3)}\r\n\r\n  \r\n${row(2, 3)}`)).toMatchObject({
      acceptedCount: 2,
      rejectedCount: 0,
    });
  });

  test("a line over 1 MiB and bytes that are no UTF-8 spoil nothing else", async () => {
    const long = row(2, 3, { city: "x".repeat(1024 * 1024) });
    const bytes = Buffer.concat([
      Buffer.from(`${row(1, 3)}\n${long}\n`),
      Buffer.from([0xff, 0x0a]),
      Buffer.from(row(3, 3)),
    ]);
    expect(await bringIn(bytes)).toMatchObject({ acceptedCount: 2, rejectedCount: 2 });
    expect(readRejects()).toEqual([
      `{"line":2,"reason":"longer than 1 MiB","row":${JSON.stringify(long.slice(0, 1000))}}`,
      '{"line":3,"reason":"not valid UTF-8","row":"\uFFFD"}',
    ]);
    expect(await readIds()).toEqual([1, 3]);
  });

  test("a file of any bytes is nothing but rejects", async () => {
    const bytes = Buffer.from(Array.from({ length: 5_000 }, (_, index) => (index * index + index) % 256));
    const lines = bytes
      .toString("latin1")
      .split("\n")
      .filter((line) => line.trim() !== "").length;
    expect(await bringIn(bytes)).toEqual({ acceptedCount: 0, rejectedCount: lines, days: [] });
    expect(readRejects()).toHaveLength(lines);
    expect(files()).toEqual([]);
  });

  test("may not overwrite the input", async () => {
    await expect(bringIn(row(1, 3), { rejectsFile: input() })).rejects.toThrow(
      new Error("The rejects would overwrite the input."),
    );
    expect(readFileSync(input(), "utf8")).toBe(row(1, 3));
  });
});

test("an empty file brings nothing in", async () => {
  expect(await bringIn("")).toEqual({ acceptedCount: 0, rejectedCount: 0, days: [] });
});

describe("Parquet", () => {
  const makeParquet = async (select: string): Promise<Buffer> => {
    const file = join(directory, "made.parquet");
    await query(`copy (${select}) to '${file}' (format parquet)`);
    return readFileSync(file);
  };

  test("is checked row by row as well", async () => {
    const bytes = await makeParquet(`
      select id::bigint as session_id, 1 as user_id, timestamptz '2026-11-03 08:30:00.123+00' as session_time,
        case id when 2 then 9 else 1 end as device_id, ['a', 'b'] as "app_events.event_name",
        map {'plan': 'gold'} as dynamic_vars, [{position: 3, name: 'n', value: 'v'}] as custom_vars
      from range(1, 4) as ids(id)`);
    expect(await bringIn(bytes)).toMatchObject({ acceptedCount: 2, rejectedCount: 1 });
    expect(readRejects()).toHaveLength(1);
    expect(JSON.parse(readRejects()[0]!)).toMatchObject({
      line: 2,
      reason: "device_id must be an integer from 0 to 5",
      row: { session_id: 2, device_id: 9 },
    });
    expect(
      await query(`select session_id, session_time, "app_events.event_name", dynamic_vars, custom_vars
        from '${root}/**/*.parquet' order by session_id limit 1`),
    ).toEqual([
      [
        "1",
        "2026-11-03 08:30:00.123",
        ["a", "b"],
        [{ key: "plan", value: "gold" }],
        [{ position: "3", name: "n", value: "v" }],
      ],
    ]);
  });

  test("with a column that no row has is rejected, and the column named", async () => {
    const bytes = await makeParquet("select 1 as session_id, 2 as user_id, 'red' as colour, now() as session_time");
    expect(await bringIn(bytes)).toMatchObject({ acceptedCount: 0, rejectedCount: 1 });
    expect(readRejects()[0]).toContain('unknown member \\"colour\\"');
  });

  test("cut in half is refused as a whole: nothing is brought in, nothing is left", async () => {
    const bytes = await makeParquet("select range as session_id from range(10000)");
    const outcome = bringIn(bytes.subarray(0, bytes.length / 2), { coveredDays: ["2026-11-03"] });
    await expect(outcome).rejects.toThrow(EngineFailure);
    expect(readdirSync(root)).toEqual([]);
  });
});

describe("again", () => {
  const bytes = [row(1, 3), row(2, 4), row(3, 5)].join("\n");

  test("the same file changes nothing, and says so", async () => {
    await bringIn(bytes);
    const before = files().map((file) => readFileSync(join(root, file)));
    const { days } = await bringIn(bytes);
    expect(days.map(({ outcome }) => outcome)).toEqual(["unchanged", "unchanged", "unchanged"]);
    expect(files().map((file) => readFileSync(join(root, file)))).toEqual(before);
  });

  test("killed between two days, it does the rest and doubles nothing", async () => {
    await bringIn(bytes);
    rmSync(join(root, at(4, idOf(bytes), 1)));
    rmSync(join(root, at(5, idOf(bytes), 1)));
    const { days } = await bringIn(bytes);
    expect(days.map(({ outcome }) => outcome)).toEqual(["unchanged", "placed", "placed"]);
    expect(await readIds()).toEqual([1, 2, 3]);
  });

  test("rows that lay too far in the future then are added to their day", async () => {
    const late = [row(1, 8), row(2, 8, { session_time: "2026-11-08T13:00:00Z" })].join("\n");
    expect(await bringIn(late)).toMatchObject({ acceptedCount: 1, rejectedCount: 1 });
    expect(await bringIn(late, {}, now + 7200)).toMatchObject({ acceptedCount: 2, rejectedCount: 0 });
    expect(files()).toEqual([at(8, idOf(late), 2)]);
    expect(await readIds()).toEqual([1, 2]);
  });

  test("another file adds to the day", async () => {
    await bringIn(row(1, 3));
    await bringIn(row(2, 3));
    expect(await readIds()).toEqual([1, 2]);
  });

  test("what a killed one left in the directory goes after a day", async () => {
    await bringIn(bytes);
    for (const name of [".ingest-old", ".ingest-young"]) writeFileSync(join(root, name), "");
    utimesSync(join(root, ".ingest-old"), now - 90_000, now - 90_000);
    utimesSync(join(root, ".ingest-young"), now - 80_000, now - 80_000);
    await bringIn(bytes);
    expect(readdirSync(root).sort()).toEqual([".ingest-young", "sessions"]);
  });
});

describe("covered days", () => {
  const coveredDays = ["2026-11-02", "2026-11-03", "2026-11-04"];
  const period = { from: Date.UTC(2026, 10, 1), to: Date.UTC(2026, 10, 5) };

  test("without rows are empty days and not missing ones", async () => {
    const { days } = await bringIn(row(1, 3), { coveredDays });
    expect(days).toEqual([
      { day: "2026-11-02", rowCount: 0, outcome: "placed" },
      { day: "2026-11-03", rowCount: 1, outcome: "placed" },
      { day: "2026-11-04", rowCount: 0, outcome: "placed" },
    ]);
    const found = await createDirectorySource(root).find({ projectId: 42, scope: "sessions", period });
    expect(found).toEqual({ files: files().map((file) => join(root, file)), missingDays: ["2026-11-01"] });
    expect(await readIds()).toEqual([1]);
  });

  test.each(["sessions", "views"] as const)("of %s are read by the engine, alone and beside others", async (scope) => {
    await bringIn("", { scope, coveredDays });
    const read = async () => {
      const { files } = await createDirectorySource(root).find({ projectId: 42, scope, period });
      const fields = [{ fieldName: "session_id" }, { fieldName: "custom_var", customVarPosition: 1 }];
      const selection = { projectId: 42, scope, fields, period, deviceLabel: "mobile", segmentId: 3 } as const;
      return (await engine.run({ kind: "preview", selection, files, limit: 10 })).rows;
    };
    expect(await read()).toEqual([]);
    const view = { view_number: 1, view_time: "2026-11-03T08:30:00Z" };
    const mine = { device_id: 2, segment_ids: [3], ...(scope === "views" ? view : {}) };
    await bringIn([row(1, 3, mine), row(2, 3, { ...mine, device_id: 1 })].join("\n"), { scope });
    expect(await read()).toEqual([[1, ""]]);
  });

  test("rows may lie outside of them", async () => {
    expect((await bringIn(row(1, 6), { coveredDays: ["2026-11-02"] })).days.map(({ day }) => day)).toEqual([
      "2026-11-02",
      "2026-11-06",
    ]);
  });
});
