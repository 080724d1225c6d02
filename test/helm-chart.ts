/** Renders a Helm chart whose templates keep to a few of Go's actions: values, `if` and `range`. */

import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";

// biome-ignore lint/suspicious/noExplicitAny: tests look into whatever a template says.
export type Manifest = any;

type Scope = Readonly<Record<string, unknown>>;

/** @returns the objects, by the names of their files. @throws Error for an action or a value that it does not know. */
export function renderChart(directory: string, overrides: Scope = {}): ReadonlyMap<string, Manifest> {
  const read = (file: string): string => readFileSync(join(directory, file), "utf8");
  const chart = parse(read("Chart.yaml"));
  const values = { ...parse(read("values.yaml")), ...overrides };
  const scope = { Values: values, Release: { Name: "biped" }, Chart: { AppVersion: chart.appVersion } };
  const files = globSync("templates/*.yaml", { cwd: directory }).toSorted();
  const rendered = files.map(
    (file) => [file.replace("templates/", ""), parse(render(readPieces(read(file)), scope))] as const,
  );
  return new Map(rendered.filter(([, manifest]) => manifest !== null));
}

type Piece = { readonly text: string } | { readonly action: string; readonly inner: readonly Piece[] };

/** A dash takes away the white space on its side. */
function readPieces(template: string): readonly Piece[] {
  const trimmed = template.replace(/\s*\{\{- /g, "{{ ").replace(/ -\}\}\s*/g, " }}");
  const open: Piece[][] = [[]];
  trimmed.split(/\{\{ (.*?) \}\}/).forEach((text, at) => {
    if (at % 2 === 0) open.at(-1)?.push({ text });
    else if (text === "end") open.pop();
    else {
      const inner: Piece[] = [];
      open.at(-1)?.push({ action: text, inner });
      if (/^(?:if|range) /.test(text)) open.push(inner);
    }
  });
  if (open.length !== 1) throw new Error("as many ends as beginnings are needed");
  return open[0] ?? [];
}

function render(pieces: readonly Piece[], scope: Scope): string {
  return pieces
    .map((piece) => ("text" in piece ? piece.text : renderAction(piece.action, piece.inner, scope)))
    .join("");
}

function renderAction(action: string, inner: readonly Piece[], scope: Scope): string {
  const [, condition] = /^if (\S+)$/.exec(action) ?? [];
  if (condition !== undefined) return look(condition, scope) === true ? render(inner, scope) : "";
  const [, key = "", value = "", list] = /^range (\$\w+), (\$\w+) := (\S+)$/.exec(action) ?? [];
  if (list === undefined) return evaluate(action, scope);
  const items = Object.entries(look(list, scope) as Scope).toSorted();
  return items.map(([name, item]) => render(inner, { ...scope, [key]: name, [value]: item })).join("");
}

function look(expression: string, scope: Scope): unknown {
  const [first = "", ...names] = expression.replace(/^\./, "").split(".");
  const found = names.reduce<unknown>((object, name) => (object as Scope | undefined)?.[name], scope[first]);
  if (found === undefined) throw new Error(`there is no ${expression}`);
  return found;
}

function evaluate(action: string, scope: Scope): string {
  const [first = "", ...filters] = action.split(" | ");
  const start = first.startsWith("toYaml ") ? stringify(look(first.slice(7), scope)).trimEnd() : look(first, scope);
  return String(filters.reduce<unknown>((value, filter) => applyFilter(value, filter, scope), start));
}

function applyFilter(value: unknown, filter: string, scope: Scope): unknown {
  const [name, argument = ""] = filter.split(" ");
  if (name === "quote") return JSON.stringify(String(value));
  if (name === "default") return value === "" ? look(argument, scope) : value;
  if (name === "nindent") return `\n${String(value)}`.replaceAll("\n", `\n${" ".repeat(Number(argument))}`);
  throw new Error(`an unknown function: ${filter}`);
}
