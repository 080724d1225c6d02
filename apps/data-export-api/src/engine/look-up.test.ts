import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runTask } from "./run-task.ts";
import type { Selection } from "./task.ts";

const settings = { memoryBytes: 100_000_000, threads: 2 };
const day = Date.parse("2026-11-03T00:00:00Z");
const selection: Selection = {
  projectId: 42,
  scope: "sessions",
  fields: [{ fieldName: "session_id" }],
  period: { from: day, to: day + 86_400_000 },
  deviceLabel: "all",
  segmentId: undefined,
};

let root: string;
let count = 0;
beforeAll(() => {
  root = mkdtempSync(path.join(tmpdir(), "biped-look-up-"));
});
afterAll(() => rmSync(root, { recursive: true }));

/** A Parquet file of what a query gives, as somebody else's program might write it. */
async function write(query: string): Promise<string> {
  const file = path.join(root, `${++count}.parquet`);
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  await connection.run(`COPY (${query}) TO '${file}' (FORMAT parquet)`);
  connection.closeSync();
  return file;
}

function newFolder(): string {
  const folder = path.join(root, `${++count}`);
  mkdirSync(folder);
  return folder;
}

const preview = (files: readonly string[], fieldNames: readonly string[]) =>
  runTask(
    {
      kind: "preview",
      files,
      limit: 2,
      selection: { ...selection, fields: fieldNames.map((fieldName) => ({ fieldName })) },
    },
    settings,
  );

describe("preview", () => {
  test("the first rows as JSON has them; an integer that would be rounded is its digits", async () => {
    const file = await write(
      `SELECT TIMESTAMP '2026-11-03 08:30:00.123456' + to_seconds(range) AS session_time, 9007199254740993 - 2 * range AS session_id,
         1.5::DOUBLE AS density, ['a', NULL] AS "app_events.event_type", NULL::VARCHAR AS city FROM range(3)`,
    );
    const fields = [
      "session_time",
      "session_id",
      "density",
      "app_events.event_type",
      "city",
      "project_id",
      "session_date",
    ];
    expect(await preview([file], fields)).toEqual({
      columns: fields,
      rows: [
        ["2026-11-03T08:30:00.123Z", "9007199254740993", 1.5, ["a", null], null, 42, "2026-11-03"],
        ["2026-11-03T08:30:01.123Z", 9007199254740991, 1.5, ["a", null], null, 42, "2026-11-03"],
      ],
    });
  });

  test("rows of many megabytes are not told", async () => {
    const row = `SELECT TIMESTAMP '2026-11-03' AS session_time, repeat('x', 1000001) AS city FROM range(2)`;
    await expect(preview([await write(row)], ["city"])).rejects.toThrow("The rows are too long for a preview.");
  });

  test("no files, no rows", async () => {
    expect(await preview([], ["city"])).toEqual({ columns: ["city"], rows: [] });
  });
});

describe("files of others", () => {
  const time = "TIMESTAMP '2026-11-03 08:30:00' AS session_time";

  test("columns in another order, in another case, not in each file, of narrower types", async () => {
    const files = [
      await write(`SELECT 1::TINYINT AS Session_ID, ${time}, 'Lyon' AS city`),
      await write(
        "SELECT TIMESTAMPTZ '2026-11-03 09:30:00+01' AS session_time, 2::UBIGINT AS session_id, true AS is_excludable",
      ),
    ];
    expect(await preview(files, ["session_id", "session_time", "city", "is_excludable", "language"])).toMatchObject({
      rows: [
        [1, "2026-11-03T08:30:00.000Z", "Lyon", null, null],
        [2, "2026-11-03T08:30:00.000Z", null, 1, null],
      ],
    });
  });

  test("what their path says is no column", async () => {
    const folder = path.join(root, "project_id=7/city=Paris");
    mkdirSync(folder, { recursive: true });
    const file = path.join(folder, "[a]*.parquet");
    writeFileSync(file, readFileSync(await write(`SELECT ${time}`)));
    expect(await preview([file], ["project_id", "city"])).toMatchObject({ rows: [[42, null]] });
  });

  test.each([
    [
      "a text where an integer is needed",
      "'1' AS session_id",
      "session_id has the type VARCHAR, which is not read as BIGINT.",
    ],
    [
      "a fraction where an integer is needed",
      "1.5::DOUBLE AS session_id",
      "session_id has the type DOUBLE, which is not read as BIGINT.",
    ],
  ])("%s fails for good", async (_what, column, reason) => {
    const failure = preview([await write(`SELECT ${time}, ${column}`)], ["session_id"]);
    await expect(failure).rejects.toMatchObject({ message: `The data's column ${reason}`, isLasting: true });
  });

  test("an integer that is too long fails for good, and is not told", async () => {
    const failure = preview(
      [await write(`SELECT ${time}, 18446744073709551615::UBIGINT AS session_id`)],
      ["session_id"],
    );
    const reason = "A value of the data does not fit its column.";
    await expect(failure).rejects.toMatchObject({ message: reason, isLasting: true });
  });

  test("a wrong column that nobody asks for is no trouble", async () => {
    expect(await preview([await write(`SELECT ${time}, 'x' AS session_id`)], ["city"])).toMatchObject({
      rows: [[null]],
    });
  });

  test("rows without a moment are no success with 0 rows", async () => {
    const failure = preview([await write("SELECT 1 AS session_id")], ["session_id"]);
    await expect(failure).rejects.toMatchObject({ message: "The data has no column session_time.", isLasting: true });
  });
});

describe("variables", () => {
  test("custom: each position once, with its most frequent name; nothing beyond 20", async () => {
    const entry = (position: number, name: string) => `{'position': ${position}, 'name': '${name}', 'value': 'v'}`;
    const files = [
      await write(`SELECT [${entry(2, "plan")}, ${entry(1, "b")}] AS custom_vars UNION ALL SELECT [${entry(1, "a")}]`),
      await write(
        `SELECT [${entry(2, "old")}, ${entry(2, "plan")}, ${entry(21, "x")}, ${entry(1, "b")}] AS custom_vars`,
      ),
      await write("SELECT 1 AS session_id"),
    ];
    expect(await runTask({ kind: "custom-vars", files }, settings)).toEqual([
      { position: 1, name: "b" },
      { position: 2, name: "plan" },
    ]);
    expect(await runTask({ kind: "custom-vars", files: [] }, settings)).toEqual([]);
  });

  test("dynamic: the keys of the period, sorted, each once, no more than the limit", async () => {
    const file = await write(
      `SELECT TIMESTAMP '2026-11-03' AS session_time, MAP {'b': '1', 'é"': '2', 'a': '3'} AS dynamic_vars
       UNION ALL SELECT TIMESTAMP '2026-11-03 01:00:00', MAP {'b': '1', 'B': NULL}
       UNION ALL SELECT TIMESTAMP '2026-11-04', MAP {'other': '1'}`,
    );
    const task = { kind: "dynamic-var-keys", scope: "sessions", files: [file], period: selection.period } as const;
    expect(await runTask({ ...task, limit: 10 }, settings)).toEqual(["B", "a", "b", 'é"']);
    expect(await runTask({ ...task, limit: 2 }, settings)).toEqual(["B", "a"]);
  });

  test("keys and names of more than 255 characters are none", async () => {
    const file = await write(
      `SELECT TIMESTAMP '2026-11-03' AS session_time, MAP {repeat('é', 255): '1', repeat('k', 256): '2'} AS dynamic_vars,
         [{'position': 1, 'name': repeat('n', 256), 'value': 'v'}, {'position': 2, 'name': 'n', 'value': 'v'}] AS custom_vars`,
    );
    const { period } = selection;
    const keys = { kind: "dynamic-var-keys", scope: "sessions", files: [file], period, limit: 10 } as const;
    expect(await runTask(keys, settings)).toEqual(["é".repeat(255)]);
    expect(await runTask({ kind: "custom-vars", files: [file] }, settings)).toEqual([{ position: 2, name: "n" }]);
  });
});

describe("import", () => {
  const importLines = (lines: string, directory = newFolder()) => {
    const input = path.join(newFolder(), "rows.jsonl");
    writeFileSync(input, lines);
    return runTask({ kind: "import", scope: "sessions", step: "lines-to-parquet", input, directory }, settings);
  };

  test("a file a day in UTC, sorted by the moment; an offset counts", async () => {
    const directory = newFolder();
    const times = [
      "2026-11-03T08:30:00Z",
      "2026-11-04T00:30:00+01:00",
      "2026-11-04T00:00:00.000Z",
      "2026-11-03T08:29:59.999Z",
    ];
    const lines = times.map((time, index) => `{"session_time":"${time}","session_id":${index}}\n`).join("");
    expect(await importLines(lines, directory)).toEqual({
      files: [
        { day: "2026-11-03", name: "2026-11-03.parquet", rowCount: 3 },
        { day: "2026-11-04", name: "2026-11-04.parquet", rowCount: 1 },
      ],
    });
    expect(readdirSync(directory).sort()).toEqual(["2026-11-03.parquet", "2026-11-04.parquet"]);
    const files = [path.join(directory, "2026-11-03.parquet")];
    const fields = [{ fieldName: "session_id" }];
    expect(await runTask({ kind: "preview", files, limit: 9, selection: { ...selection, fields } }, settings)).toEqual({
      columns: ["session_id"],
      rows: [[3], [0], [1]],
    });
  });

  test("no lines, no files", async () => {
    expect(await importLines("")).toEqual({ files: [] });
  });

  test("a row without its moment is not lost in silence", async () => {
    const failure = importLines('{"session_time":"2026-11-03"}\n{"session_id":1}\n');
    await expect(failure).rejects.toMatchObject({ message: "A row has no session_time.", isLasting: true });
  });

  test("Parquet of somebody else's becomes lines, whatever its columns are", async () => {
    const input = await write(
      `SELECT TIMESTAMP '2026-11-03 08:30:00.5' AS session_time, [TIMESTAMPTZ '2026-11-03 08:30:00+01'] AS times,
         9007199254740993 AS session_id, 'NaN'::DOUBLE AS density, [1.5, 'Infinity'::DOUBLE] AS floats,
         MAP {'a"': 'x'} AS dynamic_vars, [{'position': 1, 'name': 'n', 'value': NULL::VARCHAR}] AS custom_vars,
         chr(8232) || chr(10) AS "o'dd ""name"
       UNION ALL SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL`,
    );
    const directory = newFolder();
    const task = { kind: "import", scope: "sessions", step: "parquet-to-lines", input, directory } as const;
    expect(await runTask(task, settings)).toEqual({ files: [{ day: "", name: "lines.jsonl", rowCount: 2 }] });
    expect(readFileSync(path.join(directory, "lines.jsonl"), "utf8")).toBe(
      '{"session_time":"2026-11-03T08:30:00.500Z","times":["2026-11-03T07:30:00.000Z"],"session_id":9007199254740993,' +
        '"density":null,"floats":[1.5,null],"dynamic_vars":{"a\\"":"x"},' +
        '"custom_vars":[{"position":1,"name":"n","value":null}],"o\'dd \\"name":"\\u2028\\n"}\n' +
        '{"session_time":null,"times":null,"session_id":null,"density":null,"floats":null,"dynamic_vars":null,' +
        '"custom_vars":null,"o\'dd \\"name":null}\n',
    );
  });

  test("lines are in the order of the file's rows", async () => {
    const input = await write("SELECT range AS session_id, repeat('x', 100) AS city FROM range(300000)");
    const directory = newFolder();
    await runTask({ kind: "import", scope: "sessions", step: "parquet-to-lines", input, directory }, settings);
    const lines = readFileSync(path.join(directory, "lines.jsonl"), "utf8").split("\n");
    expect(lines.findIndex((line, index) => !line.startsWith(`{"session_id":${index},`))).toBe(300_000);
  });

  test("a file that is no Parquet is said to be none", async () => {
    const input = path.join(newFolder(), "rows.parquet");
    writeFileSync(input, "a,b\n");
    const task = {
      kind: "import",
      scope: "sessions",
      step: "parquet-to-lines",
      input,
      directory: newFolder(),
    } as const;
    const message = "The data file cannot be read.";
    await expect(runTask(task, settings)).rejects.toMatchObject({ message, isLasting: false });
  });
});
