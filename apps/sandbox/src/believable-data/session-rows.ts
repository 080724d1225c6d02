import { dayMilliseconds, listVisits, type World } from "./visitors.ts";
import { listCounts, sqlLists, type WorldLists } from "./world-tables.ts";

/** A project, and the lists whose tables are there. */
export type Making = { readonly world: World; readonly lists: WorldLists };

const january2026 = 20_454;

/** Longer than any session lasts: its views are at most 19, each of at most 90 seconds, and there is a rest. */
export const longestMilliseconds: number = 30 * 60_000;

/**
 * Every session of the day that begins at `from` or later, in the order of its beginning, with what its columns and its
 * views follow from: words of 128 random bits, the visitor's own and those of the session.
 */
export function selectSessions({ world, lists }: Making, day: number, from: number): string {
  const { site } = world;
  return `
    select *,
      draw(traits, 48, 1000) < ${site.cartPermille} and views > 3 as has_cart,
      if(has_cart, 1 + draw(traits, 64, 4), 0) as cart_items,
      if(has_cart and draw(traits, 80, 10) < 4, if(cart_items > 1, 1 + draw(traits, 96, 2), 1), 0) as purchases,
      if(purchases = 0, 0, greatest(purchases, cart_items - draw(traits, 112, 2))) as bought_items,
      if(views = 1, draw_skewed(traits, 32, 60000), views * (3000 + draw_skewed(traits, 32, 87000)))
        + 500 + draw(word, 92, 1000) as duration,
      if(is_app, 1 + draw(details, 16, 5), 0) as event_count
    from (
      select moments.*, devices.* exclude (slot),
        ${site.kind === "app"} as is_app,
        ${Math.floor((day - january2026) / 28)} as releases,
        md5_number(concat(visit, '/traits')) as traits,
        md5_number(concat(visit, '/details')) as details,
        if(draw(traits, 0, 100) < 35, 1, 2 + draw_skewed(traits, 16, 18)) as views
      from (${selectMoments(world, day, from)}) moments
      join devices on devices.slot = draw(visitor_word, 52, ${lists.devices.length})
    )`;
}

function selectMoments(world: World, day: number, from: number): string {
  const { seed, projectId, site } = world;
  const visits = listVisits(world, day).map((part) => `(${Object.values(part).join(", ")})`);
  const hours = site.hours.flatMap((weight, hour) => Array.from({ length: weight }, () => hour));
  return `
    select *, md5_number(visitor) as visitor_word
    from (
      select *, concat(visitor, '/', ${day}) as visit, md5_number(visit) as word,
        ${day * dayMilliseconds} + ([${hours.join(",")}])[1 + draw(word, 52, ${hours.length})] * 3600000
          + ((word >> 68) & 16777215)::bigint % 3600000 as start
      from (
        select session_number, concat('${seed}:${projectId}:', first_day, ':', unnest(range(first, beyond))) as visitor
        from (values ${visits.join(", ")}) visits(first_day, session_number, first, beyond)
      )
    )
    where start >= ${from}
    order by start, visitor`;
}

/** What a session's columns draw from besides its device. */
export function joinSessionLists(lists: WorldLists): string {
  return `
    join places on places.slot = draw(visitor_word, 68, ${lists.places.length})
    join referers on referers.slot = draw(word, 104, ${lists.referers.length})
    join variables on variables.slot = draw(visitor_word, 84, ${lists.variables.length})`;
}

/** A value for each `item` from 1 to the count. Most rows have none, which is told without a look at any list. */
export function listOf(count: string, value: string): string {
  return `if(${count} = 0, [], list_transform(range(1, ${count} + 1), lambda item: ${value}))`;
}

const product = "((draw(details, 0, 120) + item * 37) % 120)";
const cents = `(499 + (${product} * 1777) % 24000)`;
const quantity = "if(draw(details, item * 9, 8) = 0, 2, 1)";
const sku = `printf('SKU-%05d', ${product})`;
const catalogue = `(['main', 'outlet', 'cadeaux, "noël"'])[1 + ${product} % 3]`;
const productHash = `(${product} * 37512345679 % 4503599627370496)`;
// What was put into the cart first is bought first, and the last purchase is confirmed in the last view.
const purchase = "(1 + (item - 1) * purchases // bought_items)";
const purchaseView = `(views - purchases + ${purchase})`;
const cartView = "(1 + item * (views - 1) // (cart_items + 1))";
const eventKind = `1 + draw(details, item * 11, ${listCounts.events})`;
const eventView = "(1 + (item - 1) * views // event_count)";

const forBought = (value: string): string => listOf("bought_items", value);
const forCart = (value: string): string => listOf("cart_items", value);
const forEvents = (value: string): string => listOf("event_count", value);
const inView = (number: string): string => `format_instant(start + view_middle(duration, views, details, ${number}))`;

/** What stands in the rows of both scopes. */
export const sharedColumns: Readonly<Record<string, string>> = {
  user_id: "draw_id(visitor_word)",
  session_id: "draw_id(word)",
  session_number: "session_number",
  session_time: "make_timestamp_ms(start)",
  device_id: "device_id",
  custom_vars: "custom_vars",
  dynamic_vars: "dynamic_vars",
  segment_ids: `list_filter([
    if(session_number > 1, 301, null), if(purchases > 0, 302, null),
    if(device_id in (2, 4), 303, null), if(draw(visitor_word, 100, 5) = 0, 304, null)
  ], lambda segment: segment is not null)`,
};

/** The columns of the stored sessions, each with how it is told from a row of `selectSessions` and its lists. */
export const sessionColumns: Readonly<Record<string, string>> = {
  ...sharedColumns,
  session_number_of_views: "views",
  session_duration_msec: "duration",
  user_id_unhashed: "lower(hex((visitor_word >> 64)::ubigint))",
  city: "city",
  country_code: "country_code",
  language: "language",
  browser_name: "browser_name",
  browser_version: "concat(browser_major + releases) || browser_rest",
  browser_major_version: "browser_major + releases",
  platform_name: "platform_name",
  platform_version: "platform_version",
  screen_height: "screen_height",
  screen_width: "screen_width",
  density: "density",
  referer_url: "referer_url",
  is_excludable: "draw(details, 32, 50) = 0",
  session_number_of_transactions: "purchases",
  session_transactions_revenue_cents: `coalesce(list_sum(${forBought(`${cents} * ${quantity}`)}), 0)`,
  os_version: "if(is_app, platform_version, null)",
  app_version: "if(is_app, concat('7.', 20 + releases, '.', draw(visitor_word, 108, 3)), null)",
  model: "model",
  manufacturer: "manufacturer",
  "app_events.event_type": forEvents(`${sqlLists.eventTypes}[${eventKind}]`),
  "app_events.event_time": forEvents(inView(eventView)),
  "app_events.event_name": forEvents(`${sqlLists.eventNames}[${eventKind}]`),
  "app_events.view_number": forEvents(eventView),
  "session_transaction_items.id": forBought(`concat('T-', draw_id(word), '-', ${purchase})`),
  "session_transaction_items.product_id_hashed": forBought(productHash),
  "session_transaction_items.revenue_cents": forBought(cents),
  "session_transaction_items.quantity": forBought(quantity),
  "session_transaction_items.sku": forBought(sku),
  "session_transaction_items.catalog_id": forBought(catalogue),
  "session_transaction_items.transaction_time": forBought(inView(purchaseView)),
  "session_transaction_items.transaction_view_number": forBought(purchaseView),
  "session_add_to_cart_items.sku": forCart(sku),
  "session_add_to_cart_items.catalog_id": forCart(catalogue),
  "session_add_to_cart_items.product_id_hashed": forCart(productHash),
  "session_add_to_cart_items.is_in_transaction": forCart("if(item <= bought_items, 1, 0)"),
  "session_add_to_cart_items.add_to_cart_time": forCart(inView(cartView)),
  "session_add_to_cart_items.add_to_cart_view_number": forCart(cartView),
};
