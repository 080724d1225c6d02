import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { storedColumns } from "@biped/data-export-api";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BelievableSource, createBelievableSource } from "./believable-source.ts";

type Scope = keyof typeof storedColumns;

const day = 86_400_000;
/** A Monday, as is the day after the week; the clock stands at that day's noon. */
const monday = Date.UTC(2026, 10, 2);
const week = { from: monday, to: monday + 7 * day };
const noon = (monday + 7.5 * day) / 1000;

const directories: string[] = [];
const sources: BelievableSource[] = [];
const openSource = (changes: { seed?: number; sessionsADay?: number; nowSeconds?: () => number } = {}) => {
  const directory = mkdtempSync(join(tmpdir(), "biped-believable-"));
  directories.push(directory);
  const source = createBelievableSource({ directory, seed: 7, sessionsADay: 2000, nowSeconds: () => noon, ...changes });
  sources.push(source);
  return { ...source, directory };
};
afterAll(async () => {
  for (const source of sources) await source.close();
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

const database = await DuckDBInstance.create(":memory:");
const connection = await database.connect();
const query = async (sql: string): Promise<Record<string, unknown>[]> =>
  (await connection.runAndReadAll(sql)).getRowObjectsJson();
const read = (files: readonly string[]): string => `read_parquet(['${files.join("', '")}'])`;
const readNumber = async (sql: string): Promise<number> => Number(Object.values((await query(sql))[0] ?? {})[0]);

/** What a file of rows in any order comes to. */
const digest = (files: readonly string[]) =>
  query(`select count(*) as rows, md5(string_agg(line, '' order by line)) as digest
    from (select to_json(item)::varchar as line from ${read(files)} item)`);

const shared = openSource();
const rows: Record<number, Record<Scope, string>> = {};
beforeAll(async () => {
  for (const projectId of [42, 43, 44, 71]) {
    const [sessions, views] = await Promise.all(
      (["sessions", "views"] as const).map((scope) => shared.find({ projectId, scope, period: week })),
    );
    rows[projectId] = { sessions: read(sessions!.files), views: read(views!.files) };
  }
}, 300_000);

describe("what is found", () => {
  test("a file for each day of the week, and no day is missing", async () => {
    const found = await shared.find({ projectId: 42, scope: "sessions", period: week });
    expect(found.files.map((file) => /day=([^/]+)\/[^/.]+\.parquet$/.exec(file)?.[1])).toEqual(
      [2, 3, 4, 5, 6, 7, 8].map((date) => `2026-11-0${date}`),
    );
    expect(found.missingDays).toEqual([]);
  });

  test("the day of the clock is there whole; later days and those 13 months ago are missing until the clock moves", async () => {
    let now = noon;
    const source = openSource({ sessionsADay: 10, nowSeconds: () => now });
    const find = (from: number) =>
      source.find({ projectId: 42, scope: "sessions", period: { from, to: from + 2 * day } });
    expect(await find(monday + 7 * day)).toMatchObject({ files: [{}], missingDays: ["2026-11-10"] });
    expect(await find(monday - 390 * day)).toMatchObject({ files: [{}], missingDays: ["2025-10-08"] });
    now += 86_400;
    expect(await find(monday + 7 * day)).toMatchObject({ files: [{}, {}], missingDays: [] });
  });

  test("whoever asks at once for the same days gets the same files, and nothing half made stays", async () => {
    const source = openSource({ sessionsADay: 100 });
    const ask = () => source.find({ projectId: 71, scope: "views", period: week });
    const [first, ...others] = await Promise.all([ask(), ask(), ask(), ask()]);
    expect(first!.files).toHaveLength(7);
    expect(others).toEqual([first, first, first]);
    const [edition = ""] = readdirSync(source.directory);
    expect(readdirSync(join(source.directory, edition, "making"))).toEqual([]);
  });

  test("after the end nothing is made, and what was made is still found", async () => {
    const source = openSource({ sessionsADay: 10 });
    const find = (from: number) => source.find({ projectId: 42, scope: "views", period: { from, to: from + day } });
    const made = await find(monday);
    await source.close();
    await expect(find(monday + day)).rejects.toThrow("The sandbox stops.");
    expect(await find(monday)).toEqual(made);
  });
});

describe("the same seed, project and day", () => {
  const period = { from: monday, to: monday + day };

  test.each(["sessions", "views"] as const)(
    "give the same %s, alone or with other days; others give others",
    async (scope) => {
      const findDigest = async (source: BelievableSource, projectId = 42) =>
        digest((await source.find({ projectId, scope, period })).files);
      const expected = await findDigest(shared);
      expect(await findDigest(openSource())).toEqual(expected);
      expect(await findDigest(openSource({ seed: 8 }))).not.toEqual(expected);
      expect(await findDigest(shared, 99)).not.toEqual(expected);
    },
  );

  test("give what they gave in every release: else the edition in believable-source.ts has to be another one", async () => {
    const source = openSource({ seed: 1, sessionsADay: 200 });
    const [sessions, views] = await Promise.all(
      (["sessions", "views"] as const).map((scope) => source.find({ projectId: 43, scope, period })),
    );
    expect([...(await digest(sessions!.files)), ...(await digest(views!.files))]).toEqual([
      { rows: "190", digest: "36578071881cc343ca10d67fd9703117" },
      { rows: "948", digest: "bfe9b77558e2f38f46d1e40d8d9ec8a9" },
    ]);
  });
});

describe.each([42, 43, 44, 71])("a week of project %i", (projectId) => {
  const isApp = projectId === 43;
  const appOnly = /^(?:os_version|app_version|model|manufacturer|app_events\..*)$/;
  const webOnly = /^browser_/;

  test.each(["sessions", "views"] as const)(
    "every column of the %s has its type, and a value somewhere",
    async (scope) => {
      const from = rows[projectId]![scope];
      expect(
        await query(
          `select column_name as name, replace(column_type, '"', '') as type from (describe select * exclude (project_id, day) from ${from})`,
        ),
      ).toEqual(storedColumns[scope]);
      const none = isApp ? webOnly : appOnly;
      const counts = storedColumns[scope].map(({ name, type }) => {
        const isThere = type.startsWith("MAP") ? `cardinality("${name}") > 0` : `len("${name}") > 0`;
        return `count(*) filter (${/[[(]/.test(type) ? isThere : `"${name}" is not null`}) > 0 as "${name}"`;
      });
      const [found = {}] = await query(`select ${counts.join(", ")} from ${from}`);
      const missing = Object.keys(found).filter((name) => found[name] === false);
      expect(missing).toEqual(storedColumns[scope].map(({ name }) => name).filter((name) => none.test(name)));
    },
  );

  test("visitors return: with the next number, the same device and the same place", async () => {
    const from = rows[projectId]!.sessions;
    expect(await readNumber(`select count(*) from ${from} where session_number = 1`)).toBeGreaterThan(1000);
    expect(await readNumber(`select count(*) from ${from} where session_number > 5`)).toBeGreaterThan(100);
    const changes = `select count(*) from (
      select session_number - lag(session_number) over visitor as step,
        (device_id, city, country_code, screen_width) is distinct from lag((device_id, city, country_code, screen_width)) over visitor as moved
      from ${from} window visitor as (partition by user_id order by session_time)
    ) where step is not null and (step <> 1 or moved)`;
    expect(await readNumber(changes)).toBe(0);
  });

  test("a session has as many views as it says, they last as long together, one is the first and one the last", async () => {
    const { sessions, views } = rows[projectId]!;
    // The views of the week's last sessions may begin on the day after it.
    const wrong = await query(`
      select s.session_id, s.session_number_of_views, s.session_duration_msec, v.*
      from ${sessions} s left join (
        select user_id, session_id, count(*) as views, sum(view_duration_msec) as duration, min(view_time) as begun,
          max(view_number) as last_number, count(distinct view_number) as numbers,
          sum(is_first) as firsts, sum(is_last) as lasts, min(session_time) as time, min(session_number) as number
        from ${views} group by all
      ) v using (user_id, session_id)
      where session_time < '2026-11-08 23:00:00' and not (
        v.views = session_number_of_views and duration = session_duration_msec and last_number = v.views and numbers = v.views
        and firsts = 1 and lasts = 1 and begun = session_time and time = session_time and number = session_number)`);
    expect(wrong).toEqual([]);
  });

  test("views follow one another without a gap, and those of a session may lie on two days", async () => {
    const { views } = rows[projectId]!;
    const gaps = `select count(*) from (
      select view_time, lag(view_time + to_milliseconds(view_duration_msec)) over
        (partition by user_id, session_id order by view_number) as expected from ${views}
    ) where view_time <> expected`;
    expect(await readNumber(gaps)).toBe(0);
    expect(
      await readNumber(`select count(*) from ${views} where view_time::date > session_time::date`),
    ).toBeGreaterThan(0);
    expect(await readNumber(`select count(*) from ${views} where view_time::date <> day::date`)).toBe(0);
  });

  test("names with one prefix are lists of equal length", async () => {
    for (const scope of ["sessions", "views"] as const) {
      const names = storedColumns[scope].map(({ name }) => name).filter((name) => name.includes("."));
      for (const prefix of new Set(names.map((name) => name.split(".")[0]))) {
        const lengths = names.filter((name) => name.startsWith(`${prefix}.`)).map((name) => `len("${name}")`);
        const same = `len(list_distinct([${lengths.join(", ")}])) = 1`;
        expect(await readNumber(`select count(*) from ${rows[projectId]![scope]} where not (${same})`)).toBe(0);
      }
    }
  });

  test("purchases agree with their items, and errors with their indicator", async () => {
    const { sessions, views } = rows[projectId]!;
    const wrong = `select count(*) from ${sessions} where not (
      session_number_of_transactions = len(list_distinct("session_transaction_items.id"))
      and session_transactions_revenue_cents = coalesce(list_sum(list_transform(
        list_zip("session_transaction_items.revenue_cents", "session_transaction_items.quantity"), lambda x: x[1] * x[2])), 0)
      and len("session_transaction_items.id") = coalesce(list_sum("session_add_to_cart_items.is_in_transaction"), 0)
      and coalesce(list_max("session_transaction_items.transaction_view_number"), 0) <= session_number_of_views
      and len("session_add_to_cart_items.sku") = len(list_distinct("session_add_to_cart_items.sku")))`;
    expect(await readNumber(wrong)).toBe(0);
    expect(
      await readNumber(`select count(*) from ${views} where (any_js_error_ind = 1) <> (len("errors.message") > 0)`),
    ).toBe(0);
    const bought = `select count(*) from ${views} where url_no_query_param similar to '.*(thank-you|placed|ordered|confirmed)'`;
    const until = `where session_time < '2026-11-08 23:00:00'`;
    expect(await readNumber(`${bought} and ${until.slice(6)}`)).toBe(
      await readNumber(`select sum(session_number_of_transactions) from ${sessions} ${until}`),
    );
  });

  test("its devices are an app's or a browser's, its days and hours those of its kind", async () => {
    const { sessions } = rows[projectId]!;
    const devices = await query(`select distinct device_id from ${sessions} order by 1`);
    expect(devices.map((row) => row.device_id)).toEqual(isApp ? ["4", "5"] : ["0", "1", "2", "3"]);
    const days = await query(
      `select dayofweek(session_time) as weekday, count(*) as count from ${sessions} group by 1`,
    );
    const count = new Map(days.map((row) => [Number(row.weekday), Number(row.count)]));
    const workdays = [1, 2, 3, 4, 5].map((weekday) => count.get(weekday)!).reduce((sum, each) => sum + each) / 5;
    if (projectId === 44) expect(workdays).toBeGreaterThan(2 * count.get(6)!);
    if (projectId === 42) expect(workdays).toBeGreaterThan(1.1 * count.get(6)!);
    const countBetween = (from: number, to: number) =>
      readNumber(`select count(*) from ${sessions} where hour(session_time) between ${from} and ${to}`);
    expect(await countBetween(8, 21)).toBeGreaterThan(
      3 * (await countBetween(22, 23)) + 3 * (await countBetween(0, 5)),
    );
  });
});

test("texts hold what files are spoilt by: quotes, commas, lines, separators, emoji, formulas", async () => {
  const { sessions, views } = rows[42]!;
  const texts = await query(`select unnest("errors.message") as text from ${views}
    union select unnest(map_values(dynamic_vars)) from ${sessions} union select city from ${sessions}`);
  const all = texts.map((row) => row.text).join("");
  for (const piece of ['"', ",", "\n", "\u2028", "\t", "\\", "🧦", "é", "=SUM(", "東"]) expect(all).toContain(piece);
});

test.each(["sessions", "views"] as const)("a day of 2,000 sessions: how long its %s take is printed", async (scope) => {
  const source = openSource();
  const begin = performance.now();
  await source.find({ projectId: 42, scope, period: { from: monday, to: monday + day } });
  console.log(`a day's ${scope} in ${Math.round(performance.now() - begin)} ms`);
});
