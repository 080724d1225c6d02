import { type Refusal, refuse } from "@biped/protocol";
import type { Author, Cloud, Storage } from "../storage/storage.ts";

export async function createCloud(
  storage: Pick<Storage, "createCloud">,
  input: Cloud,
  author: Author,
): Promise<Cloud | Refusal> {
  const mistake = findCloudMistake(input);
  if (mistake !== undefined) return refuse("INVALID_REQUEST", mistake);
  const created = await storage.createCloud(input, author);
  if (created === "name taken") return refuse("CONFLICT", "There is a cloud of this name already.");
  if (created === "endpoint taken") return refuse("CONFLICT", "Another cloud has this endpoint.");
  return created;
}

/** An endpoint is an origin: `${endpoint}/v1/exports` must be a URL, and tokens compare it letter by letter. */
export function findCloudMistake({ name, endpoint }: Cloud): string | undefined {
  if (!/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) {
    return "name must have 1 to 63 lower-case letters, digits and hyphens, with no hyphen at either end.";
  }
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url === undefined || url.origin !== endpoint) {
    return "endpoint must be a scheme, a host and perhaps a port, in lower case, without path or trailing slash.";
  }
  if (!/^(?:[a-z0-9_-]+\.)*[a-z0-9_-]+$|^\[[0-9a-f:]+\]$/.test(url.hostname)) {
    return "endpoint must name one host, without wildcard and without a dot at the end.";
  }
  const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && loopback)) {
    return "endpoint must be https, except on a loopback address.";
  }
  return undefined;
}
