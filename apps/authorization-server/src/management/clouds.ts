import { type Refusal, refuse } from "@biped/protocol";
import type { Author, Cloud, NewCloud, Storage } from "../storage/storage.ts";
import { isObstacle, refuseObstacle } from "./answers.ts";

export type CloudParts<Method extends "createCloud" | "setCloudEndpoint"> = {
  readonly storage: Pick<Storage, Method>;
  /**
   * Hosts that an endpoint may have, themselves or as the end of a longer name; any if undefined. Every new token of a
   * cloud is sent to its endpoint, so that the operator and not an administrator decides where that may be.
   */
  readonly allowedEndpoints?: readonly string[] | undefined;
};

export async function createCloud(
  { storage, allowedEndpoints }: CloudParts<"createCloud">,
  input: NewCloud,
  author: Author,
): Promise<Cloud | Refusal> {
  const mistake = findCloudMistake(input, allowedEndpoints);
  if (mistake !== undefined) return refuse("INVALID_REQUEST", mistake);
  const created = await storage.createCloud(input, author);
  if (created === "name taken") return refuse("CONFLICT", "There is a cloud of this name already.");
  return created === "endpoint taken" ? refuseEndpoint() : created;
}

export async function setCloudEndpoint(
  { storage, allowedEndpoints }: CloudParts<"setCloudEndpoint">,
  input: NewCloud,
  author: Author,
): Promise<Cloud | Refusal> {
  const mistake = findEndpointMistake(input.endpoint, allowedEndpoints);
  if (mistake !== undefined) return refuse("INVALID_REQUEST", mistake);
  const changed = await storage.setCloudEndpoint(input, author);
  if (changed === "endpoint taken") return refuseEndpoint();
  return isObstacle(changed) ? refuseObstacle(changed, "cloud") : changed;
}

function refuseEndpoint(): Refusal {
  return refuse("CONFLICT", "Another cloud has this endpoint.");
}

export function findCloudMistake(
  { name, endpoint }: NewCloud,
  allowedEndpoints?: readonly string[] | undefined,
): string | undefined {
  if (!/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) {
    return "name must have 1 to 63 lower-case letters, digits and hyphens, with no hyphen at either end.";
  }
  return findEndpointMistake(endpoint, allowedEndpoints);
}

/** An endpoint is an origin: `${endpoint}/v1/exports` must be a URL, and tokens compare it letter by letter. */
function findEndpointMistake(endpoint: string, allowedEndpoints: readonly string[] | undefined): string | undefined {
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
  if (allowedEndpoints !== undefined && !allowedEndpoints.some((suffix) => isWithinHost(url.hostname, suffix))) {
    return "endpoint must have a host that the operator of this server allows.";
  }
  return undefined;
}

/** `example.com` allows itself and `api.example.com`, but not `badexample.com`. */
function isWithinHost(host: string, suffix: string): boolean {
  return host === suffix || host.endsWith(`.${suffix}`);
}
