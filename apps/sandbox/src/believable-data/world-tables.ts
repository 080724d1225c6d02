import { appDevices, webDevices } from "./devices.ts";
import { places } from "./places.ts";
import { appEvents, errorFiles, errorMessages, referers } from "./texts.ts";
import { variableSets } from "./variables.ts";
import type { World } from "./visitors.ts";
import { spread } from "./weighted.ts";

const tableNames = ["devices", "places", "referers", "pages", "variables"] as const;
type TableName = (typeof tableNames)[number];

/** The lists from which rows draw; each becomes a table, where a row is found by its `slot`. */
export type WorldLists = Readonly<Record<TableName, readonly Readonly<Record<string, unknown>>[]>>;

export function listWorld({ site }: World): WorldLists {
  return {
    devices: spread(site.kind === "app" ? appDevices : webDevices),
    places: spread(places),
    referers: site.kind === "app" ? [{ referer_url: "" }] : spread(referers),
    pages: [{ url: site.purchaseUrl }, ...spread(site.pages)],
    variables: variableSets,
  };
}

const columns: Readonly<Record<TableName, Readonly<Record<string, string>>>> = {
  devices: {
    device_id: "BIGINT",
    platform_name: "VARCHAR",
    platform_version: "VARCHAR",
    browser_name: "VARCHAR",
    browser_major: "BIGINT",
    browser_rest: "VARCHAR",
    screen_width: "BIGINT",
    screen_height: "BIGINT",
    density: "DOUBLE",
    model: "VARCHAR",
    manufacturer: "VARCHAR",
  },
  places: { city: "VARCHAR", country_code: "VARCHAR", language: "VARCHAR" },
  referers: { referer_url: "VARCHAR" },
  pages: { url: "VARCHAR" },
  variables: {
    custom_vars: "STRUCT(position BIGINT, name VARCHAR, value VARCHAR)[]",
    dynamic_vars: "MAP(VARCHAR, VARCHAR)",
  },
};

/** Draws are parts of an MD5, which is the same in every release of a database and on every machine. */
const macros = [
  "create macro draw(word, shift, count) as ((word >> shift::uhugeint) & 65535)::bigint % count",
  // Many small numbers and few large ones. Integers alone: a power of floats may differ between machines.
  "create macro draw_skewed(word, shift, most) as " +
    "draw(word, shift, 1000) * draw(word, shift, 1000) * draw(word, shift, 1000) * most // 1000000000",
  // JavaScript and JSON hold such an integer exactly.
  "create macro draw_id(word) as (word & 4503599627370495)::bigint",
  // In milliseconds from the session's beginning; one past the last view is the session's end.
  `create macro view_start(duration, views, word, number) as case
    when number <= 1 then 0
    when number > views then duration
    else duration * ((number - 1) * 1000 + draw(word, number * 5, 800)) // (views * 1000)
  end`,
  "create macro view_middle(duration, views, word, number) as " +
    "(view_start(duration, views, word, number) + view_start(duration, views, word, number + 1)) // 2",
  "create macro format_instant(milliseconds) as strftime(make_timestamp_ms(milliseconds), '%Y-%m-%dT%H:%M:%S.%gZ')",
];

/** The statements after which the rows of any day can be selected. */
export function createWorldTables(lists: WorldLists): readonly string[] {
  const tables = tableNames.map((name) => {
    const rows = lists[name].map((row, slot) => ({ ...row, slot }));
    const structure = JSON.stringify([{ ...columns[name], slot: "BIGINT" }]);
    const items = `from_json(${quote(JSON.stringify(rows))}, ${quote(structure)})`;
    return `create table ${name} as select item.* from (select unnest(${items}) as item)`;
  });
  return [...macros, ...tables];
}

/** Lists of SQL, in which a row looks something up by its position from 1 on. */
export const sqlLists = {
  errorMessages: formatList(errorMessages),
  errorFiles: formatList(errorFiles),
  eventTypes: formatList(appEvents.map(({ type }) => type)),
  eventNames: formatList(appEvents.map(({ name }) => name)),
};

export const listCounts = {
  errorMessages: errorMessages.length,
  errorFiles: errorFiles.length,
  events: appEvents.length,
};

function formatList(texts: readonly string[]): string {
  return `([${texts.map(quote).join(", ")}])`;
}

export function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
