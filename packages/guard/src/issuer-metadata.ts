import { isUnacceptable, type Unacceptable } from "./fetch-document.ts";
import { isJsonObject, type JsonObject, parseJsonObject } from "./json-object.ts";
import { type KeySet, type KeySetRules, parseKeySet } from "./key-set.ts";

/** What a guard learns from the issuer's metadata (RFC 8414). */
export type IssuerMetadata = {
  /** The endpoints of all clouds of the issuer. */
  readonly cloudEndpoints: ReadonlySet<string>;
  /** Undefined where the issuer has no revocation feed that can be believed. */
  readonly feed: RevocationFeed | undefined;
};

export type RevocationFeed = { readonly url: string; readonly keys: KeySet };

export type MetadataRules = Omit<KeySetRules, "algorithms"> & { readonly issuer: string };

/** An endpoint goes into an answer's text, so it is a URL of visible ASCII without quotes. */
const endpointForm = /^https?:\/\/[\x21\x23-\x5b\x5d-\x7e]{1,240}$/;

/** RFC 8414 §3.3: `issuer` must be the one that was asked. */
export async function parseIssuerMetadata(
  text: string,
  previous: IssuerMetadata | undefined,
  rules: MetadataRules,
): Promise<IssuerMetadata | Unacceptable> {
  const metadata = parseJsonObject(text);
  if (metadata === undefined) return { unacceptable: "not a JSON object" };
  if (metadata.issuer !== rules.issuer) return { unacceptable: "the metadata of another issuer" };
  const endpoints: unknown = metadata.cloud_endpoints;
  if (!Array.isArray(endpoints) || !endpoints.every(isEndpoint)) return { unacceptable: "no list of cloud_endpoints" };
  return { cloudEndpoints: new Set(endpoints), feed: await parseFeed(metadata, previous?.feed, rules) };
}

export function isEndpoint(value: unknown): value is string {
  return typeof value === "string" && endpointForm.test(value);
}

/** The feed has keys of its own, so that nothing else that the issuer signs can be taken for it. */
async function parseFeed(
  { revocations_uri: url, revocations_jwks: jwks }: JsonObject,
  previous: RevocationFeed | undefined,
  rules: MetadataRules,
): Promise<RevocationFeed | undefined> {
  if (typeof url !== "string" || !URL.canParse(url) || !isJsonObject(jwks)) return undefined;
  if (new URL(url).origin !== new URL(rules.issuer).origin) return undefined;
  const keys = await parseKeySet(JSON.stringify(jwks), previous?.keys, { ...rules, algorithms: ["Ed25519"] });
  return isUnacceptable(keys) ? undefined : { url, keys };
}
