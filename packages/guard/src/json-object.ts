import { type AccessTokenClaims, readJsonMembers } from "@biped/protocol";

export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Undefined where the text is no JSON object, or holds a repeated or a forbidden member name at any depth. */
export function parseJsonObject(text: string): JsonObject | undefined {
  const value = parseJson(text);
  return isJsonObject(value) && !("defect" in readJsonMembers(text)) ? value : undefined;
}

/**
 * Claims as our issuer writes them: each member once, in this order, without blanks and escapes. Such a text cannot
 * repeat a member, so that it is spared the walk over its letters; every other text takes it, with the same outcome.
 */
const issuedForm = createIssuedForm({
  iss: "",
  sub: "",
  client_id: "",
  aud: "",
  exp: 0,
  iat: 0,
  jti: "",
  scope: "",
  project_id: 0,
  account_id: 0,
  secret_id: "",
  epochs: { account: 0, project: 0, credential: 0 },
});

function createIssuedForm(example: AccessTokenClaims): RegExp {
  const text = JSON.stringify(example).replace(/[{}]/g, "\\$&");
  return new RegExp(`^${text.replaceAll('""', '"[^"\\\\]*"').replace(/(?<=:)0/g, "\\d+")}$`);
}

export function isIssuedForm(text: string): boolean {
  return issuedForm.test(text);
}

export function parseClaims(text: string): JsonObject | undefined {
  if (!isIssuedForm(text)) return parseJsonObject(text);
  const value = parseJson(text);
  return isJsonObject(value) ? value : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
