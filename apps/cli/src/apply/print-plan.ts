import { escapeControls } from "../terminal/escape-controls.ts";
import type { Style } from "../terminal/style.ts";
import { formatColumns } from "../terminal/table.ts";
import { formatEnd } from "./compare.ts";
import type { Plan, Step } from "./plan.ts";

/** "+ account "Acme"", "~ …" with what differs, "- …". */
export function formatPlan({ steps, left }: Plan, style: Style): string[] {
  const marks = { create: style.green("+"), change: style.yellow("~"), delete: style.red("-") } as const;
  return [
    ...steps.flatMap((step) => [`${marks[step.kind]} ${escapeControls(step.title)}`, ...formatDetails(step)]),
    ...left.map((title) => style.dim(`- ${escapeControls(title)} is not in the file, and stays`)),
    ...(steps.length === 0 ? [] : [formatCounts(steps)]),
  ];
}

function formatDetails(step: Step): readonly string[] {
  if (step.kind === "delete") return ["    with its secrets, for ever"];
  const rows =
    step.kind === "create"
      ? listMembers(step).map(([member, value]) => [member, value])
      : step.differences.map(({ member, before, after }) => [member, `${before || '""'} -> ${after || '""'}`]);
  return formatColumns(rows.map((row) => [`    ${escapeControls(row[0] ?? "")}`, escapeControls(row[1] ?? "")]));
}

/** What the file says of something new, but for its name, which is in the title. */
function listMembers({ declared }: Extract<Step, { kind: "create" }>): readonly (readonly [string, string])[] {
  const members: readonly (readonly [string, unknown])[] = Object.entries(declared);
  return members
    .filter(([member, value]) => member !== "name" && value !== undefined)
    .map(([member, value]) => [member, formatMember(member, value)] as const);
}

function formatMember(member: string, value: unknown): string {
  if (member === "expiresAt") return formatEnd(value === null ? null : String(value));
  if (value === null) return "none";
  if (Array.isArray(value)) return value.length === 0 ? "anywhere" : value.join(" ");
  return String(value);
}

/** "2 to create, 1 to change, 0 to delete." */
export function formatCounts(steps: readonly Step[]): string {
  const count = (kind: Step["kind"]): string => `${steps.filter((step) => step.kind === kind).length} to ${kind}`;
  return `${count("create")}, ${count("change")}, ${count("delete")}.`;
}

/** For --json: what people see, without what only the calls need. */
export function describeStep(step: Step) {
  const { kind, noun, title } = step;
  const differences = step.kind === "change" ? step.differences : [];
  return { action: kind, noun, title, ...(differences.length > 0 && { differences }) };
}
