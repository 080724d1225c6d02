/** Fetches a document of the issuer with care: no redirect, no compression, a bound for size and time. */

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export type Unacceptable = { readonly unacceptable: string };

export type DocumentRequest = {
  readonly url: string;
  readonly accept: string;
  readonly maxBytes: number;
  readonly timeoutMilliseconds: number;
  readonly fetch: Fetch;
};

export type FetchedDocument = { readonly text: string; readonly maxAgeSeconds: number };

const defaultMaxAgeSeconds = 300;

/** Never rejects. */
export async function fetchDocument(
  request: DocumentRequest,
  closing: AbortSignal,
): Promise<FetchedDocument | Unacceptable> {
  const signal = AbortSignal.any([closing, AbortSignal.timeout(request.timeoutMilliseconds)]);
  try {
    // The race also bounds a fetch that does not listen to its signal.
    return await Promise.race([readDocument(request, signal), rejectWhenAborted(signal)]);
  } catch (error) {
    // A network that fails does so in many ways, and each of them means that there is no document.
    return { unacceptable: signal.aborted ? "no answer in time" : `no answer: ${describeError(error)}` };
  }
}

export function isUnacceptable(value: unknown): value is Unacceptable {
  return typeof value === "object" && value !== null && "unacceptable" in value;
}

async function readDocument(
  { url, accept, maxBytes, fetch }: DocumentRequest,
  signal: AbortSignal,
): Promise<FetchedDocument | Unacceptable> {
  const response = await fetch(url, {
    headers: { accept, "accept-encoding": "identity" },
    redirect: "manual",
    signal,
  });
  const fault = findFault(response, maxBytes);
  const text = fault ?? (await readText(response, maxBytes, signal));
  if (typeof text !== "string") {
    await response.body?.cancel();
    return text;
  }
  return { text, maxAgeSeconds: readMaxAge(response.headers.get("cache-control")) };
}

/** What can be said of an answer before its body is read. A redirect would let the answer name another server. */
function findFault(response: Response, maxBytes: number): Unacceptable | undefined {
  if (response.status !== 200) return { unacceptable: `status ${response.status}` };
  if (response.headers.has("content-encoding")) return { unacceptable: "a content-encoding" };
  if (Number(response.headers.get("content-length") ?? 0) > maxBytes) return refuseSize(maxBytes);
  return undefined;
}

function refuseSize(maxBytes: number): Unacceptable {
  return { unacceptable: `more than ${maxBytes / 1024} KiB` };
}

async function readText(response: Response, maxBytes: number, signal: AbortSignal): Promise<string | Unacceptable> {
  const reader = response.body?.getReader();
  if (reader === undefined) return { unacceptable: "no body" };
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  let bytes = 0;
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      bytes += part.value.byteLength;
      if (bytes > maxBytes) return refuseSize(maxBytes);
      signal.throwIfAborted();
      text += decoder.decode(part.value, { stream: true });
    }
    return text + decoder.decode();
  } finally {
    reader.releaseLock();
  }
}

function rejectWhenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });
}

/** RFC 9111 §5.2.2.1, from one minute to five: a key that is withdrawn must be forgotten soon. */
function readMaxAge(cacheControl: string | null): number {
  const digits = /(?:^|[\s,])max-age="?([0-9]{1,9})/i.exec(cacheControl ?? "")?.[1];
  return Math.min(300, Math.max(60, digits === undefined ? defaultMaxAgeSeconds : Number(digits)));
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  const { cause } = error;
  return cause instanceof Error && "code" in cause ? `${error.name} ${String(cause.code)}` : error.name;
}
