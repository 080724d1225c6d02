import type { AddressRules } from "./address-rules.ts";
import { createFault, createRefusal, createUnexpectedAnswer, parseJson, readText } from "./answers.ts";
import type { DownloadOptions } from "./data-export.ts";
import type { Transport, TransportParts } from "./transport.ts";

export type Bytes = Uint8Array<ArrayBuffer>;

export type DownloadParts = Transport &
  Pick<TransportParts, "blot" | "random" | "sleep" | "timeoutMilliseconds"> & {
    readonly addresses: Pick<AddressRules, "isSecure">;
  };

/** A file on its way, over as many connections as it takes. */
export type Transfer = DownloadParts &
  Pick<DownloadOptions, "onDigest" | "onProgress" | "renewLink"> & {
    readonly signal: AbortSignal;
    url: string;
    isLinkRenewed?: boolean;
    /** Bytes of the file that are behind us. */
    received: number;
    /** NaN where the service does not say, so that no comparison holds. */
    total: number;
    etag: string | null;
    /** Then fetch may unpack the body: no length is sure to be its length, and no place in it can be asked for. */
    isEncoded?: boolean;
    /** Undefined at the end of the file, or without a connection. */
    reader?: ReadableStreamDefaultReader<Bytes> | undefined;
    /** Bytes of the connection that we have already. */
    skip: number;
    /** Connections that ended too early, since the last new byte. */
    breaks: number;
  };

/** Opens a connection that goes on where the last one broke. Ended links are renewed once for each new byte. */
export async function connect(transfer: Transfer): Promise<void> {
  transfer.reader = undefined;
  for (;;) {
    const { response, value: text } = await request(transfer);
    const { ok, status, body } = response;
    if (ok || status === 416) {
      notePlace(transfer, response);
      if (ok) transfer.reader = body?.getReader();
      if (ok || transfer.received === transfer.total) return;
    }
    // Stores of files say 400, 401, 403, 404 or 410 of a link that has ended.
    if (status >= 500 || !transfer.renewLink || transfer.isLinkRenewed) {
      // Their errors have a shape of their own, so that the status says all.
      throw createRefusal(response, parseJson(text) ? text : "{}", transfer.blot);
    }
    transfer.isLinkRenewed = true;
    transfer.url = (await transfer.renewLink()).url;
  }
}

async function request(transfer: Transfer) {
  const { url, received, etag, signal } = transfer;
  checkAddress(transfer, url);
  const headers = new Headers();
  if (received > 0 && !transfer.isEncoded) {
    headers.set("range", `bytes=${received}-`);
    // RFC 9110 §13.1.5: a weak one does not promise the same bytes.
    if (etag?.startsWith('"')) headers.set("if-range", etag);
  }
  const read = async (answer: Response): Promise<string> => (answer.ok ? "" : readText(answer));
  const exchanged = await transfer.exchange(url, { headers, redirect: "follow", signal, read });
  checkAddress(transfer, exchanged.response.url || url);
  return exchanged;
}

/** Whoever could read the file on its way would have the data. */
function checkAddress({ addresses }: Transfer, text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && addresses.isSecure(url) && !(url.username + url.password)) return;
  throw createFault("ADDRESS_NOT_ALLOWED", "The file's address is not allowed.");
}

/** Whether an answer goes on with the same file, and where. */
function notePlace(transfer: Transfer, { status, headers }: Response): void {
  const { received, total } = transfer;
  const [, start, whole] = /^bytes (?:(\d+)-\d+|\*)\/(\d+)/.exec(headers.get("content-range") ?? "") ?? [];
  transfer.isEncoded = (headers.get("content-encoding") || "identity") !== "identity";
  const told = status > 200 ? whole : headers.get("content-length");
  const length = Number((!transfer.isEncoded && told) || Number.NaN);
  const etag = headers.get("etag") ?? transfer.etag;
  if (length < received || Math.abs(length - total) > 0 || etag !== (transfer.etag ?? etag)) {
    throw createFault("FILE_CHANGED", "The file has changed meanwhile.");
  }
  const first = status === 206 ? Number(start) : 0;
  // Whoever stands between, such as a portal that wants a sign-in, answers 200 with a page.
  const isPage = headers.get("content-type")?.startsWith("text/html");
  if (isPage || !(first <= received)) throw createUnexpectedAnswer(status, "it is not the file");
  Object.assign(transfer, { etag, total: total >= 0 ? total : length, skip: received - first });
  const [, sha256] = /\bsha-256=:([A-Za-z0-9+/]{43}=):/.exec(headers.get("repr-digest") ?? "") ?? [];
  // Where fetch unpacks the body, nobody has the bytes that it is of.
  if (sha256 && !transfer.isEncoded) transfer.onDigest?.(sha256);
}
