/** The files of the simulated public service, at a host of their own, as object stores serve them: by signed link. */

import { createHmac, randomBytes } from "node:crypto";
import type { Answer, Received } from "./public-service-exchange.ts";
import { type FileRecord, formatDate, type Records, type RunRecord } from "./public-service-records.ts";

export type FileSettings = {
  linkLifetimeSeconds: number;
  /** Answers a Range with the whole file. */
  isRangeIgnored: boolean;
};

export type FileParts = {
  readonly records: Records;
  readonly settings: FileSettings;
  readonly filesUrl: string;
  readonly nowSeconds: () => number;
};

export type Files = {
  readonly createFiles: (run: RunRecord) => readonly unknown[];
  readonly handle: (received: Received) => Answer;
  /** Links given so far are good for nothing from now on. */
  readonly expireLinks: () => void;
};

const daySeconds = 86_400;

export function createFiles({ records, settings, filesUrl, nowSeconds }: FileParts): Files {
  let key = randomBytes(32);
  const sign = (path: string, expires: string): string =>
    createHmac("sha256", key).update(`${path}\n${expires}`).digest("hex");
  const create: Files["createFiles"] = ({ jobId, jobRunId, files }) =>
    files.map((_, index) => {
      const partId = index + 1;
      const format = records.jobs.get(jobId)?.job.format === "CSV" ? "csv" : "jsonl";
      const path = `/files/${jobRunId}/part-${partId}.${format}.gz`;
      const expires = nowSeconds() + settings.linkLifetimeSeconds;
      const query = new URLSearchParams({ expires: String(expires), signature: sign(path, String(expires)) });
      return { partId, url: `${filesUrl}${path}?${query}`, expirationDate: formatDate(expires) };
    });
  const handle: Files["handle"] = ({ method, url, headers }) => {
    const [, runId, partId] = /^\/files\/(\d+)\/part-(\d+)\./.exec(url.pathname) ?? [];
    const run = records.runs.get(Number(runId));
    const file = run?.files[Number(partId) - 1];
    const expires = url.searchParams.get("expires") ?? "";
    if (headers.authorization !== undefined) return refuse(400, "InvalidArgument", "Only one auth mechanism allowed");
    if (url.searchParams.get("signature") !== sign(url.pathname, expires) || Number(expires) <= nowSeconds()) {
      return refuse(403, "AccessDenied", "Request has expired");
    }
    const endsAt = run === undefined ? 0 : Date.parse(run.startDate) / 1000 + 7 * daySeconds;
    if (method !== "GET" || file === undefined || endsAt <= nowSeconds())
      return refuse(404, "NoSuchKey", "No such key");
    return serve(file, settings.isRangeIgnored ? {} : headers);
  };
  const expireLinks = (): void => {
    key = randomBytes(32);
  };
  return { createFiles: create, handle, expireLinks };
}

type RangeHeaders = { readonly range?: string | undefined; readonly "if-range"?: string | string[] | undefined };

/** RFC 9110 §14: one range of bytes, and only of the file that the reader has seen before. */
function serve({ bytes, etag }: FileRecord, headers: RangeHeaders): Answer {
  const common = { "content-type": "application/gzip", "accept-ranges": "bytes", etag };
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? "") ?? [];
  const isSame = headers["if-range"] === undefined || headers["if-range"] === etag;
  if (from === undefined || !isSame) return { status: 200, headers: common, body: bytes };
  const first = Number(from);
  if (first >= bytes.length) {
    return { status: 416, headers: { ...common, "content-range": `bytes */${bytes.length}` }, body: "" };
  }
  const last = Math.min(to ? Number(to) : bytes.length - 1, bytes.length - 1);
  const range = `bytes ${first}-${last}/${bytes.length}`;
  return { status: 206, headers: { ...common, "content-range": range }, body: bytes.subarray(first, last + 1) };
}

function refuse(status: number, code: string, message: string): Answer {
  const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return { status, headers: { "content-type": "application/xml" }, body };
}
