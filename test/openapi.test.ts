import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { nouns, type Operation, operations } from "@biped/management-client/contract";
import { expect, test } from "vitest";
import { createOpenApiDocument } from "../apps/authorization-server/src/management-api/openapi/document.ts";
import { createOpenApiRoute } from "../apps/authorization-server/src/management-api/openapi/openapi-route.ts";
import { startListener } from "./started-listener.ts";

const file = join(import.meta.dirname, "..", "docs", "http-api", "openapi.json");
const document = createOpenApiDocument();
const written = `${JSON.stringify(document, undefined, 2)}\n`;

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
type Members = { readonly [name: string]: Json };

const root = JSON.parse(written) as Members;

function isMembers(value: Json | undefined): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Every object of the document, with the way to it. */
function* walk(value: Json, way: string): Generator<readonly [string, Members]> {
  if (isMembers(value)) yield [way, value];
  const entries = typeof value === "object" && value !== null ? Object.entries(value) : [];
  for (const [name, member] of entries) yield* walk(member as Json, `${way}/${name}`);
}

function resolve(pointer: string): Json | undefined {
  let found: Json | undefined = root;
  for (const step of pointer.replace(/^#\//, "").split("/")) found = isMembers(found) ? found[step] : undefined;
  return found;
}

const served = Object.entries<Operation>(operations).map(([name, operation]) => {
  const [method = "", path = ""] = name.split(" ");
  const described = document.paths[path.replace(/:(\w+)/g, "{$1}")]?.[method.toLowerCase()];
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever was made.
  return { name, operation, described: described as any };
});

test("docs/http-api/openapi.json is the document that is served; BIPED_RECORD=1 writes it anew, for biome to format", async () => {
  if (process.env.BIPED_RECORD === "1") {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, written);
  }
  expect(JSON.parse(await readFile(file, "utf8"))).toEqual(root);
});

test("GET /openapi.json answers it to anybody", async () => {
  const { url, stop } = await startListener({ routes: createOpenApiRoute() });
  const answer = await fetch(`${url}/openapi.json`);
  expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "application/json; charset=utf-8"]);
  expect(await answer.json()).toEqual(root);
  await stop();
});

test("API9: it has every operation that is served, and no other", () => {
  expect(served.filter(({ described }) => described === undefined)).toEqual([]);
  const described = Object.values(document.paths).flatMap((methods) => Object.keys(methods));
  expect(described.length).toBe(served.length);
});

test("every reference leads somewhere, and every component is referred to", () => {
  const references = new Set<string>();
  for (const [way, members] of walk(root, "#")) {
    const { $ref } = members;
    if (typeof $ref !== "string") continue;
    expect([way, $ref, resolve($ref) !== undefined]).toEqual([way, $ref, true]);
    references.add($ref);
  }
  const { securitySchemes, ...components } = document.components;
  for (const [kind, named] of Object.entries(components)) {
    for (const name of Object.keys(named)) expect([...references]).toContain(`#/components/${kind}/${name}`);
  }
  expect(Object.keys(securitySchemes ?? {})).toEqual(["session", "accessToken"]);
});

test("operation ids are different words, and each operation has its noun as a tag", () => {
  const ids = served.map(({ described }) => described.operationId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^(get|post|put|patch|delete)[A-Z][A-Za-z]+$/);
  expect(document.tags.map(({ name }) => name)).toEqual([...nouns]);
  for (const { described, operation } of served) expect(described.tags).toEqual([operation.noun]);
});

test("each path parameter is described, once, and nothing else is in the path", () => {
  for (const { name, described } of served) {
    const named = described.parameters.filter((parameter: { in?: string }) => parameter.in === "path");
    const inPath = [...name.matchAll(/:(\w+)/g)].map(([, param]) => param);
    expect(named.map((parameter: { name: string }) => parameter.name)).toEqual(inPath);
    for (const parameter of named) expect(parameter.required).toBe(true);
  }
});

test("each answer has a schema or a media type, except 204, and each refusal the one error body", () => {
  for (const { name, operation, described } of served) {
    const { [operation.status]: success, ...refusals } = described.responses;
    expect([name, success.content === undefined]).toEqual([name, operation.status === 204]);
    for (const [status, refusal] of Object.entries(refusals)) {
      expect(refusal).toEqual({ $ref: `#/components/responses/Refusal${status}` });
    }
    expect(described.responses).toHaveProperty("400");
    expect(described.responses).toHaveProperty("503");
  }
});

test("who may be unknown has no security, and what is for people alone has no access token", () => {
  for (const { operation, described } of served) {
    const token = operation.sessionOnly === true ? [] : [{ accessToken: [] }];
    expect(described.security).toEqual(operation.access === "anybody" ? [] : [{ session: [] }, ...token]);
  }
});

test("every change but those of sessions and a preview takes an Idempotency-Key, and every change of a versioned object If-Match", () => {
  const taking = (header: string) =>
    served
      .filter(({ described }) => JSON.stringify(described.parameters).includes(`/parameters/${header}"`))
      .map(({ name }) => name);
  const isRead = (name: string) => name.startsWith("GET ") || name.endsWith("/export-preview");
  const changes = served.filter(({ name, operation }) => !isRead(name) && operation.noun !== "session");
  expect(taking("IdempotencyKey")).toEqual(changes.map(({ name }) => name));
  expect(taking("IfMatch")).toEqual([
    "PATCH /api/accounts/:accountId",
    "PUT /api/accounts/:accountId/state",
    "POST /api/accounts/:accountId/revocation",
    "PATCH /api/projects/:projectId",
    "PUT /api/projects/:projectId/cloud",
    "POST /api/projects/:projectId/revocation",
    "PATCH /api/credentials/:clientId",
    "DELETE /api/credentials/:clientId",
    "POST /api/credentials/:clientId/revocation",
    "POST /api/credentials/:clientId/secrets",
    "DELETE /api/credentials/:clientId/secrets/:secretId",
    "POST /api/credentials/:clientId/secrets/:secretId/cancellation",
    "PUT /api/clouds/:cloud/endpoint",
    "PATCH /api/administrators/:administratorId",
    "POST /api/administrators/:administratorId/invitation",
    "PUT /api/accounts/:accountId/members/:administratorId",
    "DELETE /api/accounts/:accountId/members/:administratorId",
  ]);
});

test("R-03: a secret is a member of no answer but those that make it", () => {
  const holders = Object.entries(document.components.schemas ?? {})
    .filter(([, schema]) =>
      /"(?:clientSecret|token|invitationUrl|secret|recoveryCodes|digest|password)":/.test(JSON.stringify(schema)),
    )
    .map(([name]) => name)
    .filter((name) => !name.endsWith("Body"));
  expect(holders.sort()).toEqual([
    "Invited",
    "PostAccessTokensAnswer",
    "PostPasskeysAnswer",
    "PostRecoveryCodesAnswer",
    "PostTotpAnswer",
    "PutTotpAnswer",
    "SecretShown",
  ]);
});

test("bodies are closed: a member that is not described is refused", () => {
  for (const { described } of served) {
    const name = described.requestBody?.content["application/json"].schema.$ref;
    if (name !== undefined) expect(resolve(name)).toMatchObject({ type: "object", additionalProperties: false });
  }
});
