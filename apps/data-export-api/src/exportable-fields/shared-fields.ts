import type { ExportableField } from "./exportable-field.ts";

/** The only two fields that a job may name more than once. */
export const customVar = "custom_var";
export const dynamicVar = "dynamic_var";

/** What a row of either scope carries. */
export const sharedFields: readonly ExportableField[] = [
  { name: "project_id", type: "Integer", description: "The project in which the row was recorded." },
  { name: "user_id", type: "Integer", description: "A number that stays the same for one visitor on one device." },
  { name: "session_id", type: "Integer", description: "The session; together with user_id it is unique." },
  { name: "session_number", type: "Integer", description: "1 for a visitor's first session, 2 for the next one." },
  { name: "session_date", type: "String", description: "The day on which the session began, as YYYY-MM-DD in UTC." },
  { name: "session_time", type: "String", description: "The moment at which the session began, ISO 8601 in UTC." },
  {
    name: "device_id",
    type: "Integer",
    description: "0 unknown, 1 desktop, 2 mobile web, 3 tablet web, 4 mobile app, 5 tablet app.",
  },
  {
    name: customVar,
    type: "String",
    description: "The custom variable at customVarPosition, empty where none was sent.",
  },
  {
    name: dynamicVar,
    type: "String",
    description: "The dynamic variable under dynamicVarKey, empty where none was sent.",
  },
];
