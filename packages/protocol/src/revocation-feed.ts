/**
 * The payload of the revocation feed, `GET /v1/oauth/revocations`: a JWS (RFC 7515) in compact form whose payload is a
 * line of JSON and after it, if anything was revoked, octets: accounts and projects with the epoch that their tokens
 * must have reached, and the marks in order, as the Golomb-Rice codes of their distances.
 */

import { createBitReader, createBitWriter } from "./bits.ts";
import { type Mark, markBits } from "./revocation-marks.ts";

/** The `typ` of the document: no access token has it, and a guard takes no other for a feed (RFC 8725 §3.11). */
export const revocationFeedType = "revocations+jws";

export type Epoch = readonly [id: number, epoch: number];

/**
 * What was taken back in the changes after `after`, up to `sequence`. After 0: all that any living token may meet.
 * `notBefore`, `keyIds` and `moved` are whole in each document, as they are small.
 */
export type RevocationDocument = {
  readonly issuer: string;
  readonly after: number;
  readonly sequence: number;
  /** When it was signed, in epoch seconds, so that nobody on the way can pass an old one off as new. */
  readonly issuedAtSeconds: number;
  /** Seconds since the node that answers last heard from its store; what it says may be older by as much. */
  readonly ageSeconds: number;
  /** Tokens that were issued before this epoch second are void; 0 if none are. */
  readonly notBefore: number;
  /** The keys of the key set, so that a guard knows at once when its own set is old. */
  readonly keyIds: readonly string[];
  /** Where projects live that have moved: id and endpoint. Their epochs are among `projects`. */
  readonly moved: readonly (readonly [projectId: number, endpoint: string])[];
  /** All projects that are disabled, themselves or with their account; undefined if they are the same as before. */
  readonly disabled: readonly number[] | undefined;
  readonly accounts: readonly Epoch[];
  readonly projects: readonly Epoch[];
  readonly marks: readonly Mark[];
};

/** For so long a node gives the same document to all who ask for the same. */
export const revocationsKeptSeconds = 10;

/** Octets as characters U+0000 to U+00FF. */
export function formatRevocations(document: RevocationDocument): string {
  const { issuer: iss, issuedAtSeconds: iat, after, sequence, ageSeconds: age } = document;
  const { notBefore, keyIds, moved, disabled } = document;
  const facts = { iss, iat, after, sequence, age, not_before: notBefore, key_ids: keyIds, moved, disabled };
  const line = JSON.stringify(facts).replace(/[^\x20-\x7e]/g, escapeCharacter);
  const { accounts, projects, marks } = document;
  if (accounts.length + projects.length + marks.length === 0) return line;
  const bits = createBitWriter();
  for (const list of [accounts, projects]) writeEpochs(bits, list);
  writeMarks(bits, marks);
  return `${line}\n${bits.finish()}`;
}

/** Undefined where anything is missing, malformed or left over. */
export function parseRevocations(payload: string): RevocationDocument | undefined {
  const end = payload.indexOf("\n");
  const facts = parseFacts(end === -1 ? payload : payload.slice(0, end));
  if (facts === undefined) return undefined;
  if (end === -1) return { ...facts, accounts: [], projects: [], marks: [] };
  const bits = createBitReader(payload.slice(end + 1));
  const accounts = readEpochs(bits);
  const projects = readEpochs(bits);
  const marks = readMarks(bits);
  return bits.isSpent() ? { ...facts, accounts, projects, marks } : undefined;
}

type Facts = Omit<RevocationDocument, "accounts" | "projects" | "marks">;

function parseFacts(line: string): Facts | undefined {
  const value = parseJson(line);
  if (typeof value !== "object" || value === null) return undefined;
  const members = new Map<string, unknown>(Object.entries(value));
  const [issuer, keyIds] = [members.get("iss"), members.get("key_ids")];
  const [moved, disabled] = [members.get("moved"), members.get("disabled")];
  const [after, sequence] = [members.get("after"), members.get("sequence")];
  const issuedAtSeconds = members.get("iat");
  const [ageSeconds, notBefore] = [members.get("age"), members.get("not_before")];
  if (typeof issuer !== "string" || !isWhole(after) || !isWhole(sequence) || after > sequence) return undefined;
  if (!isWhole(issuedAtSeconds) || !isWhole(notBefore) || typeof ageSeconds !== "number" || !(ageSeconds >= 0))
    return undefined;
  if (!isListOf(keyIds, isText) || !isListOf(moved, isMove)) return undefined;
  if (disabled !== undefined && !isListOf(disabled, isWhole)) return undefined;
  return { issuer, issuedAtSeconds, after, sequence, ageSeconds, notBefore, keyIds, moved, disabled };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function isListOf<Item>(value: unknown, isItem: (item: unknown) => item is Item): value is readonly Item[] {
  return Array.isArray(value) && value.every(isItem);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isMove(value: unknown): value is readonly [number, string] {
  return Array.isArray(value) && value.length === 2 && isWhole(value[0]) && isText(value[1]);
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

type BitWriter = ReturnType<typeof createBitWriter>;
type BitReader = ReturnType<typeof createBitReader>;

function writeEpochs(bits: BitWriter, list: readonly Epoch[]): void {
  bits.writeLength(list.length);
  let former = 0;
  for (const [id, epoch] of list.toSorted(([left], [right]) => left - right)) {
    bits.writeLength(id - former);
    bits.writeLength(epoch);
    former = id;
  }
}

function readEpochs(bits: BitReader): readonly Epoch[] {
  const list: Epoch[] = [];
  let id = 0;
  for (let count = bits.readLength(); count > 0 && !bits.isOver(); count -= 1) {
    id += bits.readLength();
    list.push([id, bits.readLength()]);
  }
  return list;
}

/** S. W. Golomb, Run-Length Encodings (1966), with the power of two that R. F. Rice proposed: no RFC has it. */
function writeMarks(bits: BitWriter, marks: readonly Mark[]): void {
  const sorted = [...new Set(marks)].toSorted((left, right) => left - right);
  bits.writeLength(sorted.length);
  const width = riceWidth(sorted.length);
  let former = 0;
  for (const mark of sorted) {
    const distance = mark - former;
    bits.writeOnes(Math.floor(distance / 2 ** width));
    bits.writeBits(distance % 2 ** width, width);
    former = mark;
  }
}

function readMarks(bits: BitReader): readonly Mark[] {
  const marks: Mark[] = [];
  const count = bits.readLength();
  const width = riceWidth(count);
  let mark = 0;
  for (let at = 0; at < count && !bits.isOver(); at += 1) {
    mark += bits.readOnes() * 2 ** width + bits.readBits(width);
    marks.push(mark);
  }
  return marks;
}

/** Marks are spread evenly, so the distance of two is about the whole range by their number. */
function riceWidth(count: number): number {
  return count === 0 ? 0 : Math.max(0, Math.floor(markBits - Math.log2(count)));
}
