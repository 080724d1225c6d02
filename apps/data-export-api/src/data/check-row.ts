import { readJsonMembers } from "@biped/protocol";
import type { DataSet } from "./day-directory.ts";
import { formatDay } from "./days.ts";
import { type RowRules, rowRules } from "./row-rules.ts";
import { isJsonObject, parseMoment } from "./value-rules.ts";

export type RowPlace = DataSet & { readonly nowMilliseconds: number };

/** The row with its members as `storedColumns` has them, or why it cannot be stored. */
export type CheckedRow = { readonly row: Row } | { readonly reason: string };

type Row = Readonly<Record<string, unknown>>;
type Members = readonly (readonly [string, unknown])[];

export function checkRow(text: string, place: RowPlace): CheckedRow {
  const value = parseJson(text);
  if (!isJsonObject(value)) return { reason: "not a JSON object" };
  // Of two equal members one would be lost.
  const walked = readJsonMembers(text);
  if ("defect" in walked) return { reason: walked.defect };
  const rules = rowRules[place.scope];
  // A member that is null is one that is not there.
  const given = Object.entries(value).filter(([, member]) => member !== null);
  const row = Object.fromEntries(given);
  const reason =
    findMissing(row, rules) ?? findMistake(given, rules, place) ?? findUneven(row, rules) ?? findDenial(row, place);
  return reason === undefined ? { row: normalize(given, rules) } : { reason };
}

/** Undefined for what is no JSON; JSON has no such value. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function findMissing(row: Row, { required }: RowRules): string | undefined {
  const missing = required.find((name) => !Object.hasOwn(row, name));
  return missing === undefined ? undefined : `${missing} is required`;
}

function findMistake(given: Members, { members }: RowRules, { nowMilliseconds }: RowPlace): string | undefined {
  for (const [name, value] of given) {
    if (isDerived(name)) continue;
    const rules = members.get(name);
    if (rules === undefined) return `unknown member ${JSON.stringify(name.slice(0, 100))}`;
    const broken = rules.find((rule) => !rule.holds(value, nowMilliseconds));
    if (broken !== undefined) return `${name}${broken.isOfEntries ? ": each entry" : ""} ${broken.text}`;
  }
  return undefined;
}

function findUneven(row: Row, { groups }: RowRules): string | undefined {
  for (const group of groups) {
    const [first, ...others] = group.filter((name) => Object.hasOwn(row, name));
    const other = others.find((name) => countEntries(row[name]) !== countEntries(row[first ?? name]));
    if (other !== undefined) return `${first} and ${other} must have the same number of entries`;
  }
  return undefined;
}

/** What is told by another column or by where the row is kept may be given too, but not otherwise. */
function findDenial(row: Row, { projectId }: RowPlace): string | undefined {
  const { project_id: project = projectId, session_date: date, session_time: time } = row;
  if (project !== projectId) return `project_id must be ${projectId}`;
  if (date === undefined) return undefined;
  const day = formatDay(parseMoment(time) ?? 0);
  return date === day ? undefined : `session_date must be ${day}, the day of session_time in UTC`;
}

function isDerived(name: string): boolean {
  return name === "project_id" || name === "session_date";
}

function countEntries(value: unknown): number {
  return Array.isArray(value) ? value.length : 0;
}

function normalize(given: Members, { moments }: RowRules): Row {
  const stored = given.filter(([name]) => !isDerived(name));
  return Object.fromEntries(stored.map(([name, value]) => [name, moments.has(name) ? spellMoment(value) : value]));
}

/** One form of text for all, so that exports of arrays, which are kept as text, agree with the rest. */
function spellMoment(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(spellMoment);
  return new Date(parseMoment(value) ?? 0).toISOString();
}
