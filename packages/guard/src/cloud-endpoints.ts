import { parseJsonObject } from "./json-object.ts";
import type { Unacceptable } from "./remote-document.ts";

/** An endpoint goes into an answer's text, so it is a URL of visible ASCII without quotes. */
const endpointForm = /^https?:\/\/[\x21\x23-\x5b\x5d-\x7e]{1,240}$/;

/** The endpoints of the issuer's clouds, from its metadata (RFC 8414 §3.3: `issuer` must be the one that was asked). */
export function parseCloudEndpoints(text: string, issuer: string): ReadonlySet<string> | Unacceptable {
  const metadata = parseJsonObject(text);
  if (metadata === undefined) return { unacceptable: "not a JSON object" };
  if (metadata.issuer !== issuer) return { unacceptable: "the metadata of another issuer" };
  const endpoints: unknown = metadata.cloud_endpoints;
  if (!Array.isArray(endpoints) || !endpoints.every(isEndpoint)) return { unacceptable: "no list of cloud_endpoints" };
  return new Set(endpoints);
}

function isEndpoint(value: unknown): value is string {
  return typeof value === "string" && endpointForm.test(value);
}
