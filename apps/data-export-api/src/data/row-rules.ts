import { exportableFields } from "../exportable-fields/catalogue.ts";
import type { ExportableField, ExportScope } from "../exportable-fields/exportable-field.ts";
import { customVarsColumn, dynamicVarsColumn, segmentsColumn, storedColumns } from "./stored-columns.ts";
import {
  customVars,
  device,
  dynamicVars,
  float,
  indicator,
  integer,
  listOf,
  moment,
  type Rule,
  recentMoment,
  segment,
  shortText,
} from "./value-rules.ts";

export type RowRules = {
  /** By the names of the members that are stored. */
  readonly members: ReadonlyMap<string, readonly Rule[]>;
  readonly required: readonly string[];
  /** Parallel arrays: equal positions belong together, so that their lengths are equal. */
  readonly groups: readonly (readonly string[])[];
  /** Members whose moments are stored in one form, however they were written. */
  readonly moments: ReadonlySet<string>;
};

const ofTypes: Readonly<Record<ExportableField["type"], readonly Rule[]>> = {
  Integer: integer,
  Float: float,
  String: shortText,
  "Array(Integer)": listOf(integer),
  "Array(String)": listOf(shortText),
};

export const rowRules: Readonly<Record<ExportScope, RowRules>> = {
  sessions: createRules("sessions", ["session_id", "user_id", "session_time"]),
  views: createRules("views", ["session_id", "user_id", "session_time", "view_number", "view_time"]),
};

function createRules(scope: ExportScope, required: readonly string[]): RowRules {
  const stored = new Set(storedColumns[scope].map(({ name }) => name));
  const fields = exportableFields[scope].filter(({ name }) => stored.has(name));
  const names = fields.map(({ name }) => name);
  const members = new Map(fields.map((field) => [field.name, findRules(field)]));
  members.set(customVarsColumn.name, customVars);
  members.set(dynamicVarsColumn.name, dynamicVars);
  members.set(segmentsColumn.name, listOf(segment));
  return { members, required, groups: groupParallel(names), moments: new Set(names.filter(isMoment)) };
}

/** Some names say more than their types. */
function findRules({ name, type }: ExportableField): readonly Rule[] {
  const isArray = type.startsWith("Array");
  if (isMoment(name)) return isArray ? listOf(moment) : recentMoment;
  if (/(?:^|\.)is_|_ind$/.test(name)) return isArray ? listOf(indicator) : indicator;
  return name === "device_id" ? device : ofTypes[type];
}

function isMoment(name: string): boolean {
  return name.endsWith("_time");
}

function groupParallel(names: readonly string[]): readonly (readonly string[])[] {
  const prefixes = new Set(
    names.filter((name) => name.includes(".")).map((name) => name.slice(0, name.indexOf(".") + 1)),
  );
  return [...prefixes].map((prefix) => names.filter((name) => name.startsWith(prefix)));
}
