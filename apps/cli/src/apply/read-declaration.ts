import { isMap, isNode, LineCounter, type Node, parseDocument } from "yaml";
import type { z } from "zod";
import { type Declaration, findDuplicates, formatPlace, type Mistake, type Place } from "./declaration.ts";
import { declarationSchema } from "./declaration-schema.ts";

export type FileMistake = { readonly line: number; readonly text: string };

export type ReadFile =
  | { readonly declaration: Declaration; readonly locate: (mistakes: readonly Mistake[]) => readonly FileMistake[] }
  | { readonly mistakes: readonly FileMistake[] };

/** YAML 1.2 without aliases, duplicate members and tags of its own; then the rules of the declaration. */
export function readDeclaration(text: string): ReadFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, strict: true, version: "1.2" });
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) {
    const mistakes = faults.map(({ pos, message }) => ({ line: lines.linePos(pos[0]).line, text: message }));
    return { mistakes };
  }
  const locate = (mistakes: readonly Mistake[]): readonly FileMistake[] =>
    mistakes
      .map(({ place, rule }) => ({
        line: lines.linePos(findOffset(document.contents, place)).line,
        text: `${formatPlace(place)} ${rule}`.trim(),
      }))
      .toSorted((one, other) => one.line - other.line);
  const content = readContent(document);
  if (content === undefined) return { mistakes: [{ line: 1, text: "It must not use aliases (*name)" }] };
  const parsed = declarationSchema.safeParse(content.value, { reportInput: true });
  if (!parsed.success) return { mistakes: locate(parsed.error.issues.flatMap(readIssue)) };
  const duplicates = findDuplicates(parsed.data);
  return duplicates.length > 0 ? { mistakes: locate(duplicates) } : { declaration: parsed.data, locate };
}

/** Undefined where an alias is used: a few lines of them can stand for gigabytes. */
function readContent(document: ReturnType<typeof parseDocument>): { readonly value: unknown } | undefined {
  try {
    const value: unknown = document.toJS({ maxAliasCount: 0 });
    return { value: value ?? {} };
  } catch (error) {
    if (error instanceof ReferenceError) return undefined;
    throw error;
  }
}

function readIssue(issue: z.core.$ZodIssue): readonly Mistake[] {
  const place = issue.path.map((part) => (typeof part === "number" ? part : String(part)));
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ place: [...place, key], rule: "is not known here" }));
  }
  const isMissing = issue.code === "invalid_type" && issue.input === undefined;
  if (place.length === 0) return [{ place, rule: "The file must be a mapping with clouds, accounts or prune" }];
  return [{ place, rule: isMissing ? `is missing: it ${issue.message}` : issue.message }];
}

/** Of the member's name, or of what is nearest where the member is missing. */
function findOffset(root: unknown, place: Place): number {
  let node: unknown = root;
  let offset = offsetOf(root);
  for (const part of place) {
    const pair = isMap(node) ? node.items.find(({ key }) => isNode(key) && key.toJSON() === part) : undefined;
    const next: unknown = pair === undefined ? findItem(node, part) : pair.value;
    offset = pair === undefined ? (offsetOf(next) ?? offset) : (offsetOf(pair.key) ?? offset);
    if (next === undefined) break;
    node = next;
  }
  return offset ?? 0;
}

function findItem(node: unknown, part: string | number): unknown {
  return isCollectionOf(node) ? node.items[Number(part)] : undefined;
}

function isCollectionOf(node: unknown): node is { readonly items: readonly unknown[] } {
  return typeof node === "object" && node !== null && "items" in node && Array.isArray(node.items) && !isMap(node);
}

function offsetOf(node: unknown): number | undefined {
  return isNode(node) ? rangeOf(node)?.[0] : undefined;
}

function rangeOf({ range }: Node) {
  return range;
}
