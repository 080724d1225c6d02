import type { ExportJob, NewExportJob } from "@biped/management-client";
import { addDays, findDayEnd, findDayStart, formatDay } from "./zone-days.ts";

export type Scope = ExportJob["scope"];
export type Frequency = ExportJob["frequency"]["value"];

/** Where a column comes from. */
export type FieldSource = {
  readonly fieldName: string;
  readonly customVarPosition?: number | undefined;
  readonly dynamicVarKey?: string | undefined;
};

export type ChosenField = FieldSource & {
  /** What the column is called without an alias; it tells the sources of two columns apart, too. */
  readonly columnName: string;
  /** Empty for none. */
  readonly aliasName: string;
};

/** A job as it is being filled in. What belongs to one scope, frequency or format waits while another is looked at. */
export type JobDraft = {
  readonly name: string;
  readonly scope: Scope;
  readonly format: ExportJob["format"];
  readonly isGuarded: boolean;
  readonly frequency: Frequency;
  /** As date fields have them; both belong to the range. */
  readonly firstDay: string;
  readonly lastDay: string;
  readonly chosen: Readonly<Record<Scope, readonly ChosenField[]>>;
  readonly deviceLabel: ExportJob["deviceLabel"];
  readonly segment: string;
};

/** Of yesterday, by the time zone of the exports: the last day that is whole. */
export function createDraft(nowMs: number, timeZone: string): JobDraft {
  const yesterday = addDays(formatDay(nowMs, timeZone), -1);
  return {
    name: "",
    scope: "sessions",
    format: "JSONL",
    isGuarded: true,
    frequency: "daily",
    firstDay: yesterday,
    lastDay: yesterday,
    chosen: { sessions: [], views: [] },
    deviceLabel: "all",
    segment: "",
  };
}

export function nameColumn({ fieldName, customVarPosition, dynamicVarKey }: FieldSource): string {
  const part = customVarPosition ?? dynamicVarKey;
  return part === undefined ? fieldName : `${fieldName}_${part}`;
}

export function isChosen(chosen: readonly ChosenField[], source: FieldSource): boolean {
  const name = nameColumn(source);
  return chosen.some(({ columnName }) => columnName === name);
}

/** At the end, without those that are there already. */
export function addFields(chosen: readonly ChosenField[], sources: readonly FieldSource[]): readonly ChosenField[] {
  const held = new Set(chosen.map(({ columnName }) => columnName));
  const added = sources.map((source) => ({ ...source, columnName: nameColumn(source), aliasName: "" }));
  return [...chosen, ...added.filter(({ columnName }) => !held.has(columnName))];
}

export function removeFields(chosen: readonly ChosenField[], sources: readonly FieldSource[]): readonly ChosenField[] {
  const gone = new Set(sources.map(nameColumn));
  return chosen.filter(({ columnName }) => !gone.has(columnName));
}

/** @param step -1 for one place up, 1 for one down; at the end of the list nothing happens. */
export function moveField(chosen: readonly ChosenField[], index: number, step: -1 | 1): readonly ChosenField[] {
  const [moved, other] = [chosen[index], chosen[index + step]];
  if (moved === undefined || other === undefined) return chosen;
  return chosen.with(index, other).with(index + step, moved);
}

export function renameField(chosen: readonly ChosenField[], index: number, aliasName: string): readonly ChosenField[] {
  const field = chosen[index];
  return field === undefined ? chosen : chosen.with(index, { ...field, aliasName });
}

const aliasPattern = /^[A-Za-z0-9_][A-Za-z0-9_ .-]{0,254}$/;

export function findAliasMistake(chosen: readonly ChosenField[], index: number): string | undefined {
  const field = chosen[index];
  if (field === undefined) return undefined;
  if (field.aliasName !== "" && !aliasPattern.test(field.aliasName)) {
    return "Letters A to Z, digits, blanks, and the signs _ . and - only; it begins with a letter, a digit or _.";
  }
  const name = findFinalName(field);
  const isTaken = chosen.slice(0, index).some((earlier) => findFinalName(earlier) === name);
  return isTaken ? "A column above has this name. Give it another one." : undefined;
}

function findFinalName({ aliasName, columnName }: ChosenField): string {
  return aliasName === "" ? columnName : aliasName;
}

const longestMs = 7 * 86_400_000;

type DateRange = { readonly from: string; readonly to: string };

/** The instants at which the days of the draft begin and end, or what is wrong with these days. */
export function readRange(
  { firstDay, lastDay }: Pick<JobDraft, "firstDay" | "lastDay">,
  timeZone: string,
): DateRange | { readonly mistake: string } {
  const [from, to] = [findDayStart(firstDay, timeZone), findDayEnd(lastDay, timeZone)];
  if (from === undefined || to === undefined) return { mistake: "Choose the first and the last day." };
  if (from >= to) return { mistake: "The last day lies before the first one." };
  if (to - from > longestMs) return { mistake: "A job covers 7 times 24 hours at most. Choose an earlier last day." };
  return { from: formatInstant(from), to: formatInstant(to) };
}

/** Undefined where it is neither empty nor the id of a segment. */
export function readSegment(text: string): { readonly segmentId?: number } | undefined {
  const trimmed = text.trim();
  if (trimmed === "") return {};
  const isId = /^[1-9]\d{0,15}$/.test(trimmed) && Number.isSafeInteger(Number(trimmed));
  return isId ? { segmentId: Number(trimmed) } : undefined;
}

/** What is sent; undefined while something is missing or wrong. */
export function readDraft(draft: JobDraft, timeZone: string): NewExportJob | undefined {
  const { scope, format, deviceLabel, isGuarded } = draft;
  const name = draft.name.trim();
  const chosen = draft.chosen[scope];
  const frequency = readFrequency(draft, timeZone);
  const segment = readSegment(draft.segment);
  const isAliased = chosen.every((_field, index) => findAliasMistake(chosen, index) === undefined);
  if (name === "" || chosen.length === 0 || !isAliased || frequency === undefined || segment === undefined)
    return undefined;
  const guard = format === "CSV" ? { formulaGuard: isGuarded } : {};
  return { name, scope, format, ...guard, frequency, deviceLabel, ...segment, fields: chosen.map(toField) };
}

/** Why nothing can be sent yet. */
export function explainMissing({ name, chosen, scope }: JobDraft): string {
  if (name.trim() === "") return "Give the job a name.";
  return chosen[scope].length === 0 ? "Select at least one field." : "Put right what is marked above.";
}

function readFrequency(draft: JobDraft, timeZone: string): NewExportJob["frequency"] | undefined {
  if (draft.frequency !== "once") return { value: draft.frequency };
  const dateRange = readRange(draft, timeZone);
  return "mistake" in dateRange ? undefined : { value: "once", dateRange };
}

function toField({ columnName: _, aliasName, ...source }: ChosenField): NewExportJob["fields"][number] {
  return aliasName === "" ? source : { ...source, aliasName };
}

function formatInstant(epochMilliseconds: number): string {
  return new Date(epochMilliseconds).toISOString().replace(".000Z", "Z");
}
