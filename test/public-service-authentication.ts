/** The token and the information endpoint of the simulated public service. */

import { randomBytes } from "node:crypto";
import { type Answer, createJson, createWebPage, type Received } from "./public-service-exchange.ts";
import type { PublicCredential, Records } from "./public-service-records.ts";

/** What is answered to a request that the service does not like: nothing that a program could read. */
export type ErrorShape = "array" | "text" | "web page" | "empty";

export type AuthenticationSettings = {
  errorShape: ErrorShape;
  lifetimeSeconds: number;
  /** Put behind each endpoint. */
  endpointSuffix: string;
  /** In place of every project's endpoint. */
  endpoint: string | undefined;
};

export type AuthenticationParts = {
  readonly records: Records;
  readonly settings: AuthenticationSettings;
  readonly nowSeconds: () => number;
};

export function handleAuthentication(parts: AuthenticationParts, { method, url, headers, text }: Received): Answer {
  if (method !== "POST" || !["/v1/oauth/token", "/v1/oauth/me"].includes(url.pathname)) return createWebPage(404);
  const body = headers["content-type"]?.startsWith("application/json") ? parseObject(text) : undefined;
  if (body === undefined) return createUnknownError(parts.settings.errorShape);
  const { account, project } = parts.records.credentials;
  const held = [account, project].find((each) => each.clientId === body.client_id);
  if (held === undefined || held.clientSecret !== body.client_secret) {
    return createJson(500, { message: "Internal error" });
  }
  return url.pathname === "/v1/oauth/me" ? inform(parts.records, held) : issue(parts, held, body);
}

function inform({ projects }: Records, held: PublicCredential): Answer {
  const own = projects.filter(({ id }) => held.projectIds.includes(id)).map(({ id, name }) => ({ id, name }));
  return createJson(200, { scopes: held.scopes, permissions: { projects: own } });
}

function issue({ records, settings, nowSeconds }: AuthenticationParts, held: PublicCredential, body: Members): Answer {
  const scopes = typeof body.scope === "string" ? body.scope.split(" ") : [];
  const isAllowed = scopes.length > 0 && scopes.every((scope) => held.scopes.split(" ").includes(scope));
  const projectId = held.level === "project" && !body.project_id ? held.projectIds[0] : Number(body.project_id);
  const project = records.projects.find(({ id }) => id === projectId && held.projectIds.includes(id));
  if (body.grant_type !== "client_credentials" || !isAllowed || project === undefined) {
    return createUnknownError(settings.errorShape);
  }
  const token = `eyJ${randomBytes(48).toString("base64url")}`;
  const expiresAt = nowSeconds() + settings.lifetimeSeconds;
  records.tokens.set(token, { projectId: project.id, scopes, expiresAt });
  return createJson(200, {
    access_token: token,
    token_type: "bearer",
    expires_in: settings.lifetimeSeconds,
    scope: scopes.join(" "),
    project_id: project.id,
    endpoint: `${settings.endpoint ?? project.endpoint}${settings.endpointSuffix}`,
  });
}

function createUnknownError(shape: ErrorShape): Answer {
  if (shape === "array") return createJson(400, [{ property: "body", problem: "invalid" }]);
  if (shape === "web page") return createWebPage(400);
  return { status: 400, headers: { "content-type": "text/plain" }, body: shape === "text" ? "Bad Request" : "" };
}

type Members = Readonly<Record<string, unknown>>;

export function parseObject(text: string): Members | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
