import { listOf, longestMilliseconds, type Making, selectSessions, sharedColumns } from "./session-rows.ts";
import { dayMilliseconds } from "./visitors.ts";
import { listCounts, sqlLists, type WorldLists } from "./world-tables.ts";

/** Every view that begins on the day: those of its sessions, and of the last day's that went on after midnight. */
export function selectViews(making: Making, day: number): string {
  const midnight = day * dayMilliseconds;
  const { errorPermille } = making.world.site;
  return `
    select *,
      start + view_start(duration, views, details, view_number) as view_moment,
      start + view_start(duration, views, details, view_number + 1) - view_moment as view_duration,
      md5_number(concat(visit, '/', view_number)) as view_word,
      if(draw(view_word, 0, 1000) < ${errorPermille}, 1 + draw(view_word, 16, 3), 0) as error_count
    from (
      select *, unnest(range(1, views + 1)) as view_number
      from (
        ${selectSessions(making, day - 1, midnight - longestMilliseconds)}
        union all
        ${selectSessions(making, day, midnight)}
      )
    )
    where view_moment >= ${midnight} and view_moment < ${midnight + dayMilliseconds}`;
}

/** Where a purchase is confirmed, there is a page of its own: the first of the list, which no other view draws. */
export function joinViewLists(lists: WorldLists): string {
  const others = lists.pages.length - 1;
  return `
    join pages on pages.slot = if(view_number > views - purchases, 0, 1 + draw(view_word, 32, ${others}))
    join variables on variables.slot = draw(visitor_word, 84, ${lists.variables.length})`;
}

const forErrors = (value: string): string => listOf("error_count", value);
const isApiError = "draw(view_word, 64, 100) < 3";

/** The columns of the stored views, each with how it is told from a row of `selectViews` and its lists. */
export const viewColumns: Readonly<Record<string, string>> = {
  ...sharedColumns,
  view_number: "view_number",
  view_time: "make_timestamp_ms(view_moment)",
  view_duration_msec: "view_duration",
  url_no_query_param: "url",
  is_first: "view_number = 1",
  is_last: "view_number = views",
  scroll_rate: "5 + draw(view_word, 48, 96)",
  page_interaction_time_msec: "view_duration * draw(view_word, 80, 91) // 100",
  frustration_score: "least(100, draw_skewed(view_word, 96, 70) + 25 * least(error_count, 1))",
  rage_click_all_targets_ind: "draw(view_word, 96, 1000) > 960",
  multiple_button_interaction_ind: "draw(view_word, 112, 100) < 8",
  any_js_error_ind: "error_count > 0",
  any_api_error_ind: isApiError,
  api_error_after_click_ind: `${isApiError} and draw(view_word, 112, 2) = 0`,
  "errors.message": forErrors(
    `${sqlLists.errorMessages}[1 + (draw(view_word, 24, ${listCounts.errorMessages}) + item) % ${listCounts.errorMessages}]`,
  ),
  "errors.error_time": forErrors("format_instant(view_moment + view_duration * item // (error_count + 1))"),
  "errors.filename": forErrors(`${sqlLists.errorFiles}[1 + draw(view_word, item * 13, ${listCounts.errorFiles})]`),
};
