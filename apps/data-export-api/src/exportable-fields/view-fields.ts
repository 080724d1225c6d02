import type { ExportableField } from "./exportable-field.ts";

/** What a row has that stands for one page or screen seen during a visit. */
export const viewFields: readonly ExportableField[] = [
  { name: "view_number", type: "Integer", description: "1 for the first view of the session, 2 for the next one." },
  { name: "view_time", type: "String", description: "The moment at which the view began, ISO 8601 in UTC." },
  { name: "view_duration_msec", type: "Integer", description: "How long the view lasted, in milliseconds." },
  { name: "url_no_query_param", type: "String", description: "The address that was seen, up to its question mark." },
  { name: "is_first", type: "Integer", description: "1 for the view that opened the session, else 0." },
  { name: "is_last", type: "Integer", description: "1 for the view that closed the session, else 0." },
  { name: "scroll_rate", type: "Integer", description: "How much of the page's height came into sight, in percent." },
  {
    name: "page_interaction_time_msec",
    type: "Integer",
    description: "From the first interaction with the page to the last, in milliseconds.",
  },
  { name: "frustration_score", type: "Integer", description: "From 0, all well, to 100, nothing worked." },
  {
    name: "rage_click_all_targets_ind",
    type: "Integer",
    description: "1 where one target was clicked in a rage, else 0.",
  },
  {
    name: "multiple_button_interaction_ind",
    type: "Integer",
    description: "1 where one button was used repeatedly, else 0.",
  },
  { name: "any_js_error_ind", type: "Integer", description: "1 where a script failed during the view, else 0." },
  {
    name: "any_api_error_ind",
    type: "Integer",
    description: "1 where a call to an API failed during the view, else 0.",
  },
  {
    name: "api_error_after_click_ind",
    type: "Integer",
    description: "1 where such a failure followed a click, else 0.",
  },
  { name: "errors.message", type: "Array(String)", description: "What each script error said." },
  {
    name: "errors.error_time",
    type: "Array(String)",
    description: "When each script error happened, ISO 8601 in UTC.",
  },
  { name: "errors.filename", type: "Array(String)", description: "The script in which each error happened." },
];
