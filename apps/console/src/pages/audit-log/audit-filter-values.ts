import type { AuditSearch } from "../../search-parameters.ts";

export type Choice = { readonly value: string; readonly label: string };

const participles: readonly (readonly [noun: string, ...participles: string[]])[] = [
  ["account", "created", "changed", "disabled", "enabled", "tokens-revoked"],
  ["project", "created", "changed", "moved", "disabled", "enabled", "tokens-revoked"],
  ["credential", "created", "changed", "disabled", "enabled", "deleted", "tokens-revoked"],
  ["secret", "rotated", "retired", "rotation-cancelled"],
  ["token", "revoked"],
  ["tokens", "revoked-before"],
  ["cloud", "created", "changed"],
  ["signing-key", "added", "promoted", "removed", "compromised"],
  [
    "administrator",
    "created",
    "changed",
    "invited",
    "invitation-accepted",
    "member-set",
    "member-removed",
    "signed-in",
    "password-changed",
    "passkey-enrolled",
    "passkey-removed",
    "totp-enrolled",
    "totp-removed",
    "recovery-codes-made",
    "recovery-code-used",
  ],
  ["access-token", "created", "deleted"],
  ["pepper", "added"],
  ["key-encryption-key", "rotated"],
  ["store", "restored", "confirmed"],
];

/** What clouds are asked for; the words follow no pattern. */
const askings: readonly Choice[] = [
  { value: "export-job", label: "Export job: all" },
  { value: "export-job.create", label: "Export job asked for" },
  { value: "export-job.suspend", label: "Export job to be paused" },
  { value: "export-job.resume", label: "Export job to be resumed" },
  { value: "export-job.delete", label: "Export job to be deleted" },
  { value: "export-run.read", label: "Export run: links asked for" },
  { value: "export-preview.read", label: "Export preview asked for" },
  { value: "export-settings.change", label: "Export time zone to be changed" },
  { value: "export-links.end", label: "Export links to be ended" },
];

/** All that can be asked for: a noun with all that happens to it, then each action. */
export function findActionChoices(chosen: string | undefined): readonly Choice[] {
  const known = participles.flatMap(([noun, ...rest]) => [
    { value: noun, label: `${formatWords(noun)}: all` },
    ...rest.map((participle) => ({
      value: `${noun}.${participle}`,
      label: `${formatWords(noun)} ${participle.replaceAll("-", " ")}`,
    })),
  ]);
  return keepChosen([{ value: "", label: "Any" }, ...known, ...askings], chosen);
}

/** What stands in the address is shown, though it be none of the choices. */
export function keepChosen(choices: readonly Choice[], chosen: string | undefined): readonly Choice[] {
  if (chosen === undefined || choices.some(({ value }) => value === chosen)) return choices;
  return [...choices, { value: chosen, label: chosen }];
}

function formatWords(noun: string): string {
  const words = noun.replaceAll("-", " ");
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

/** The first instant of a day in the reader's zone; undefined while the day is being typed. */
export function findDayStart(day: string): string | undefined {
  return findMidnight(day, 0);
}

/** The first instant that is no more in the day. */
export function findDayEnd(day: string): string | undefined {
  return findMidnight(day, 1);
}

function findMidnight(day: string, later: number): string | undefined {
  const [year = 0, month = 0, date = 0] = day.split("-").map(Number);
  const isDay = /^\d{4}-\d\d-\d\d$/.test(day) && year >= 2000;
  return isDay ? new Date(year, month - 1, date + later).toISOString() : undefined;
}

/** The day of the reader's zone in which an instant is; empty where there is none, as date fields have it. */
export function formatDayOf(instant: string | undefined): string {
  if (instant === undefined) return "";
  const date = new Date(instant);
  const pad = (part: number): string => String(part).padStart(2, "0");
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
}

/** The day that ends with an instant: that of the moment before it. */
export function formatDayBefore(instant: string | undefined): string {
  return instant === undefined ? "" : formatDayOf(new Date(Date.parse(instant) - 1).toISOString());
}

export function isFiltered(search: AuditSearch): boolean {
  return Object.values(search).some((value) => value !== undefined);
}

/** Where the same events are as a file. */
export function formatExportUrl(search: AuditSearch, format: "csv" | "jsonl"): string {
  const given = Object.entries(search).filter(([, value]) => value !== undefined);
  const query = new URLSearchParams([...given.map(([name, value]) => [name, String(value)]), ["format", format]]);
  return `/api/audit-events/export?${query}`;
}
