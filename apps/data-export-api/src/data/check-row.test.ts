import { describe, expect, test } from "vitest";
import { checkRow } from "./check-row.ts";

const nowMilliseconds = Date.UTC(2026, 10, 3, 12);
const session = { session_id: 7, user_id: 1, session_time: "2026-11-03T08:30:00Z" };
const view = { ...session, view_number: 1, view_time: "2026-11-03T08:31:00Z" };

const check = (value: unknown, scope: "sessions" | "views" = "sessions") =>
  checkRow(typeof value === "string" ? value : JSON.stringify(value), { projectId: 42, scope, nowMilliseconds });

const reasonOf = (value: unknown, scope?: "sessions" | "views") => {
  const checked = check(value, scope);
  return "reason" in checked ? checked.reason : undefined;
};

const integerRule = "must be an integer from -(2^53 - 1) to 2^53 - 1";
const textRule = "must be a string of at most 8192 characters";
const unicodeRule = "must be valid Unicode: half of a surrogate pair is none";
const momentRule = "must be a moment in ISO 8601 with its offset, such as 2026-11-03T08:30:00Z";
const recentRule = "must lie between the year 2000 and a day from now";
const customVarsRule =
  "must be an array of objects of a position (1 to 20), a name and a value (strings), nothing else";
const dynamicVarsRule = "must have keys and values that are strings of at most 8192 characters in valid Unicode";
const variable = { position: 1, name: "plan", value: "gold" };
const manyEntries = Array.from({ length: 1001 }, () => 1);
const manyVars = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`key${index}`, ""]));

describe("a row is rejected", () => {
  test.each([
    ["", "not a JSON object"],
    ["{", "not a JSON object"],
    ["[]", "not a JSON object"],
    ["null", "not a JSON object"],
    ["7", "not a JSON object"],
    [`${JSON.stringify(session)} {}`, "not a JSON object"],
    ['{"session_id":7,"session_id":8}', "a repeated member"],
    ['{"dynamic_vars":{"a":"1","a":"2"}}', "a repeated member"],
    ['{"__proto__":{}}', "a forbidden member name"],
    [{}, "session_id is required"],
    [{ session_id: 7 }, "user_id is required"],
    [{ session_id: 7, user_id: 1 }, "session_time is required"],
    [{ ...session, user_id: null }, "user_id is required"],
    [{ ...session, colour: "red" }, 'unknown member "colour"'],
    [{ ...session, custom_var: "red" }, 'unknown member "custom_var"'],
    [{ ...session, view_time: session.session_time }, 'unknown member "view_time"'],
    [{ ...session, ["x".repeat(200)]: 1 }, `unknown member "${"x".repeat(100)}"`],
    [{ ...session, toString: 1 }, 'unknown member "toString"'],
    [{ ...session, session_id: "7" }, `session_id ${integerRule}`],
    [{ ...session, session_id: 7.5 }, `session_id ${integerRule}`],
    [{ ...session, session_id: 2 ** 53 }, `session_id ${integerRule}`],
    [{ ...session, session_id: true }, `session_id ${integerRule}`],
    [{ ...session, density: "2" }, "density must be a number"],
    [JSON.stringify(session).replace("}", ',"density":1e999}'), "density must be a number"],
    [{ ...session, city: 7 }, `city ${textRule}`],
    [{ ...session, city: "x".repeat(8193) }, `city ${textRule}`],
    [{ ...session, city: "𝄞".repeat(8193) }, `city ${textRule}`],
    [JSON.stringify(session).replace("}", ',"city":"\\ud834"}'), `city ${unicodeRule}`],
    [{ ...session, device_id: 6 }, "device_id must be an integer from 0 to 5"],
    [{ ...session, device_id: "1" }, "device_id must be an integer from 0 to 5"],
    [{ ...session, is_excludable: true }, "is_excludable must be an integer from 0 to 1"],
    [{ ...session, session_time: "2026-11-03T08:30:00" }, `session_time ${momentRule}`],
    [{ ...session, session_time: "2026-11-03" }, `session_time ${momentRule}`],
    [{ ...session, session_time: "2026-02-30T08:30:00Z" }, `session_time ${momentRule}`],
    [{ ...session, session_time: 1793694600 }, `session_time ${momentRule}`],
    [{ ...session, session_time: "1999-12-31T23:59:59Z" }, `session_time ${recentRule}`],
    [{ ...session, session_time: "2026-11-04T12:00:00.001Z" }, `session_time ${recentRule}`],
    [{ ...session, project_id: 43 }, "project_id must be 42"],
    [{ ...session, project_id: "42" }, "project_id must be 42"],
    [{ ...session, session_date: "2026-11-04" }, "session_date must be 2026-11-03, the day of session_time in UTC"],
    [{ ...session, "app_events.view_number": 1 }, "app_events.view_number must be an array of at most 1000 entries"],
    [
      { ...session, "app_events.view_number": manyEntries },
      "app_events.view_number must be an array of at most 1000 entries",
    ],
    [{ ...session, "app_events.view_number": [1, null] }, `app_events.view_number: each entry ${integerRule}`],
    [
      { ...session, "app_events.event_name": [""].concat("x".repeat(8193)) },
      `app_events.event_name: each entry ${textRule}`,
    ],
    [{ ...session, "app_events.event_time": ["now"] }, `app_events.event_time: each entry ${momentRule}`],
    [
      { ...session, "session_add_to_cart_items.is_in_transaction": [2] },
      "session_add_to_cart_items.is_in_transaction: each entry must be an integer from 0 to 1",
    ],
    [
      { ...session, "app_events.event_name": ["a"], "app_events.view_number": [1, 2] },
      "app_events.event_name and app_events.view_number must have the same number of entries",
    ],
    [{ ...session, custom_vars: {} }, `custom_vars ${customVarsRule}`],
    [{ ...session, custom_vars: [{ ...variable, position: 0 }] }, `custom_vars ${customVarsRule}`],
    [{ ...session, custom_vars: [{ ...variable, position: 21 }] }, `custom_vars ${customVarsRule}`],
    [{ ...session, custom_vars: [{ ...variable, value: 7 }] }, `custom_vars ${customVarsRule}`],
    [{ ...session, custom_vars: [{ position: 1, name: "plan" }] }, `custom_vars ${customVarsRule}`],
    [{ ...session, custom_vars: [{ ...variable, more: 1 }] }, `custom_vars ${customVarsRule}`],
    [{ ...session, custom_vars: [variable, variable] }, "custom_vars must not hold a position twice"],
    [{ ...session, dynamic_vars: [] }, "dynamic_vars must be an object of at most 100 members"],
    [{ ...session, dynamic_vars: manyVars }, "dynamic_vars must be an object of at most 100 members"],
    [{ ...session, dynamic_vars: { plan: 7 } }, `dynamic_vars ${dynamicVarsRule}`],
    [{ ...session, dynamic_vars: { ["x".repeat(8193)]: "" } }, `dynamic_vars ${dynamicVarsRule}`],
    [{ ...session, segment_ids: [0] }, "segment_ids: each entry must be an integer from 1 to 2^53 - 1"],
  ])("%j: %s", (value, reason) => {
    expect(reasonOf(value)).toBe(reason);
  });

  test.each([
    [session, "view_number is required"],
    [{ ...session, view_number: 1 }, "view_time is required"],
    [{ ...view, city: "Paris" }, 'unknown member "city"'],
    [{ ...view, any_js_error_ind: 2 }, "any_js_error_ind must be an integer from 0 to 1"],
    [{ ...view, "errors.error_time": ["2026-11-03"] }, `errors.error_time: each entry ${momentRule}`],
    [{ ...view, view_time: "2026-11-05T00:00:00Z" }, `view_time ${recentRule}`],
  ])("of a view: %j: %s", (value, reason) => {
    expect(reasonOf(value, "views")).toBe(reason);
  });
});

describe("a row is accepted", () => {
  test("moments in one form, without null and what is told by other columns", () => {
    const row = {
      ...session,
      project_id: 42,
      session_date: "2026-11-02",
      session_time: "2026-11-03T01:30:00.1239+02:00",
      city: null,
      referer_url: "",
      density: -0.1,
      "app_events.event_time": ["2026-11-03T08:30:00+01:00"],
      "app_events.event_name": ["𝄞\0\u2028"],
    };
    expect(check(row)).toEqual({
      row: {
        session_id: 7,
        user_id: 1,
        session_time: "2026-11-02T23:30:00.123Z",
        referer_url: "",
        density: -0.1,
        "app_events.event_time": ["2026-11-03T07:30:00.000Z"],
        "app_events.event_name": ["𝄞\0\u2028"],
      },
    });
  });

  test("at every limit", () => {
    const row = {
      ...session,
      session_id: -(2 ** 53 - 1),
      session_time: "2026-11-04T12:00:00.000Z",
      device_id: 0,
      is_excludable: 1,
      city: "𝄞".repeat(8192),
      custom_vars: Array.from({ length: 20 }, (_, index) => ({ ...variable, position: index + 1 })),
      dynamic_vars: Object.fromEntries(Object.entries(manyVars).slice(1)),
      segment_ids: manyEntries.slice(1),
      "session_transaction_items.sku": [],
    };
    expect(check(row)).toEqual({ row });
    expect(check({ ...session, session_time: "2000-01-01T00:00:00.000Z" })).toHaveProperty("row");
  });

  test("a view", () => {
    const row = { ...view, session_date: "2026-11-03", "errors.message": ["x"], "errors.filename": ["a.js"] };
    expect(check(row, "views")).toEqual({
      row: {
        ...view,
        session_time: "2026-11-03T08:30:00.000Z",
        view_time: "2026-11-03T08:31:00.000Z",
        "errors.message": ["x"],
        "errors.filename": ["a.js"],
      },
    });
  });
});
