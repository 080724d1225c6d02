import { Readable } from "node:stream";
import type { Guard } from "@biped/guard";
import type { Answer, Endpoint, HttpRequest } from "@biped/listener";
import { isRefusal, type Refusal, refuse } from "@biped/protocol";
import type { TakePlace } from "../places.ts";
import type { RunFile } from "../runs/run.ts";
import type { LinkedFile, Storage } from "../storage/storage.ts";
import { type ByteRange, parseByteRange } from "./byte-range.ts";
import type { FileStore } from "./file-store.ts";
import { parseFooting } from "./footing-text.ts";
import { type LinkQuery, parseLinkQuery } from "./link.ts";
import type { Links } from "./links.ts";
import { readBytes } from "./read-bytes.ts";

export type FetchFileParts = {
  readonly guard: Pick<Guard, "checkFooting">;
  readonly storage: Pick<Storage, "findLinkedFile">;
  readonly fileStore: Pick<FileStore, "open">;
  readonly links: Pick<Links, "isSigned">;
  readonly takePlace: TakePlace;
  readonly nowSeconds: () => number;
};

/**
 * GET /v1/files/{fileId}: the bytes of a file, for whoever has a link to it. An Authorization header is passed over: it
 * takes nothing from the link, and programs that send one with every call need no exception for files.
 */
export function createFetchFileEndpoint(parts: FetchFileParts): Endpoint {
  return async (request) => {
    // Read
    const query = parseLinkQuery(request.query);
    if (isRefusal(query)) return query;

    // Decide
    const linked = await findLinkedFile(parts, query, request.params.get("fileId") ?? "");
    if (isRefusal(linked)) return linked;
    const range = findAskedRange(request, linked.file);
    if (isRefusal(range)) return range;

    // Act
    const leave = parts.takePlace(linked.projectId);
    if (isRefusal(leave)) return leave;
    const content = await openContent(parts.fileStore, linked.file, range).catch((error: unknown) => {
      leave();
      throw error;
    });

    // Answer
    if (content !== undefined) return { ...answerFile(linked, range, content), onClose: leave };
    leave();
    return refuseGone("its bytes are not there");
  };
}

/** A wrong signature and an unknown file are one answer; whether a link is over is told only to whoever had it. */
async function findLinkedFile(
  { storage, links, guard, nowSeconds }: FetchFileParts,
  query: LinkQuery,
  fileId: string,
): Promise<LinkedFile | Refusal> {
  const linked = await storage.findLinkedFile(fileId);
  // Asked for an unknown file, too: both refusals take the same work.
  const isSigned = await links.isSigned(query, { fileId, projectId: linked?.projectId ?? 0 });
  if (linked === undefined || !isSigned) {
    return refuse("FORBIDDEN", "This is no link to a file.", linked === undefined ? "unknown file" : "wrong signature");
  }
  if (linked.file.expiresAt <= nowSeconds()) return refuseGone("its time is over");
  if (Number(query.exp) <= nowSeconds()) return refuseEnded("its time is over");
  return (await checkFooting(query, linked.projectId, guard)) ?? linked;
}

/** A link ends with the token that asked for it (C-01). */
async function checkFooting(
  { footing: text }: LinkQuery,
  projectId: number,
  guard: FetchFileParts["guard"],
): Promise<Refusal | undefined> {
  if (text === undefined) return undefined;
  const footing = parseFooting(text, projectId);
  if (footing === undefined) throw new Error("A link that was signed here has a footing that cannot be read.");
  const refusal = await guard.checkFooting(footing);
  return refusal === undefined || refusal.status === 503 ? refusal : refuseEnded("what it stood on was revoked");
}

function refuseEnded(reason: string): Refusal {
  return refuse("FORBIDDEN", "The link has ended. Read the run again for a new one.", reason);
}

function refuseGone(reason: string): Refusal {
  return refuse("NOT_FOUND", "The file has been deleted.", reason);
}

/** HEAD asks for nothing: RFC 9110 §14.2 defines ranges for GET alone. */
type AskedRange = ByteRange | "all" | "none";

function findAskedRange({ method, header }: HttpRequest, file: RunFile): AskedRange | Refusal {
  if (method === "HEAD") return "none";
  const ifRange = header("if-range");
  // RFC 9110 §13.1.5: somebody who has begun with other bytes gets all of these.
  if (ifRange !== undefined && ifRange !== formatEntityTag(file)) return "all";
  const range = parseByteRange(header("range"), file.byteCount);
  if (range !== "unsatisfiable") return range ?? "all";
  const headers = { "content-range": `bytes */${file.byteCount}` };
  return refuse("INVALID_REQUEST", "Range must be one range within the file.", undefined, { status: 416, headers });
}

/** Undefined where the bytes are not those that were listed. */
async function openContent(
  fileStore: FetchFileParts["fileStore"],
  { storedName, byteCount }: RunFile,
  range: AskedRange,
): Promise<Readable | undefined> {
  const handle = await fileStore.open(storedName);
  if (handle === undefined) return undefined;
  const isWhole = (await handle.stat()).size === byteCount;
  if (isWhole && byteCount > 0 && range !== "none") return readBytes(handle, limitRange(range, byteCount));
  await handle.close();
  return isWhole ? Readable.from([]) : undefined;
}

function limitRange(range: AskedRange, byteCount: number): ByteRange {
  return typeof range === "object" ? range : { first: 0, last: byteCount - 1 };
}

function answerFile({ file, run, job, projectId }: LinkedFile, range: AskedRange, content: Readable): Answer {
  const { partId, byteCount, sha256 } = file;
  const { first, last } = limitRange(range, byteCount);
  const name = `job-${job.jobId}-run-${run.runId}-part-${partId}.${job.format.toLowerCase()}.gz`;
  const isPart = typeof range === "object";
  return {
    status: isPart ? 206 : 200,
    body: undefined,
    text: { content, mediaType: "application/gzip" },
    headers: {
      "accept-ranges": "bytes",
      "cache-control": "private, no-store",
      // Both ways: `curl -OJ` knows the first alone.
      "content-disposition": `attachment; filename="${name}"; filename*=UTF-8''${name}`,
      "content-length": `${last - first + 1}`,
      ...(isPart ? { "content-range": `bytes ${first}-${last}/${byteCount}` } : {}),
      etag: formatEntityTag(file),
      // RFC 9530 §3: of the whole file, whichever part is sent.
      "repr-digest": `sha-256=:${Buffer.from(sha256, "hex").toString("base64")}:`,
    },
    log: { projectId, jobId: job.jobId, runId: run.runId },
  };
}

function formatEntityTag({ sha256 }: RunFile): string {
  return `"${sha256}"`;
}
