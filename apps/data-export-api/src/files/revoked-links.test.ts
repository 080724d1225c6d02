/** C-01, R-43: a link ends with the token that asked for it. */

import type { TestIssuer } from "@biped/guard/testing";
import { refuse } from "@biped/protocol";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import {
  type Caller,
  createSuccessfulRun,
  errorBody,
  payloadOf,
  type StartedApp,
  startApp,
} from "../../test/started-app.ts";
import { signLink } from "./link.ts";

let app: StartedApp;

beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());

const ended = [403, errorBody("FORBIDDEN", "The link has ended. Read the run again for a new one.")];

/** The target of a link to the file of a run of the caller's own. */
async function createTarget(caller: Caller): Promise<string> {
  const { jobId, runId } = await createSuccessfulRun(app, caller.projectId, [Buffer.from("bytes")]);
  const { files } = payloadOf<{ files: { url: string }[] }>(await caller.call(`/v1/exports/${jobId}/runs/${runId}`));
  return files[0]!.url.slice(app.endpoint.length);
}

const fetchTarget = (target: string) => fetch(`${app.url}${target}`);
const isGood = async (target: string): Promise<boolean> => (await fetchTarget(target)).status === 200;
const readError = async (response: Response) => [response.status, await response.json()];

type TakeBack = (issuer: TestIssuer, caller: Caller, name: string) => void;

const ways: readonly (readonly [string, TakeBack])[] = [
  ["the token is revoked", (issuer, { token }) => issuer.revoke({ token })],
  ["its secret is retired", (issuer, _caller, secretId) => issuer.revoke({ secretId })],
  ["its credential is taken back", (issuer, _caller, clientId) => issuer.revoke({ clientId })],
  ["its project is disabled", (issuer, { projectId }) => issuer.disable(projectId)],
  ["its account is taken back", (issuer) => issuer.revoke({ accountId: 77 })],
  ["its project moves", (issuer, { projectId }) => issuer.move(projectId, "https://api.us-east.example.com")],
];

test.each(ways)("403 FORBIDDEN within 10 s: %s; the links of others stay", async (name, takeBack) => {
  const caller = await app.createCaller({ client_id: name, sub: name, secret_id: name, account_id: 77 });
  const target = await createTarget(caller);
  const other = await createTarget(await app.createCaller());
  expect(await isGood(target)).toBe(true);
  takeBack(app.issuer, caller, name);
  app.issuer.advance(10);
  expect(await readError(await fetchTarget(target))).toStrictEqual(ended);
  expect(await isGood(other)).toBe(true);
});

test("a link of the former version, which stands on nothing, is good until its end", async () => {
  const caller = await app.createCaller();
  const { projectId } = caller;
  const current = await createTarget(caller);
  const [path = "", query = ""] = current.split("?");
  const exp = new URLSearchParams(query).get("exp") ?? "";
  const [key] = await app.storage.listLinkKeys();
  const signed = { v: "1", exp, key: key!.keyId };
  const facts = { host: new URL(app.endpoint).host, fileId: path.slice("/v1/files/".length), projectId, linkEpoch: 0 };
  const sig = signLink(key!.secret, { ...signed, ...facts });
  const target = `${path}?${new URLSearchParams({ ...signed, sig })}`;
  app.issuer.disable(projectId);
  app.issuer.advance(10);
  expect(await isGood(current)).toBe(false);
  expect(await isGood(target)).toBe(true);
  app.issuer.advance(890);
  expect(await readError(await fetchTarget(target))).toStrictEqual(ended);
});

test("503 with Retry-After: a closed guard that does not know", async () => {
  const { guard } = app.parts;
  const target = await createTarget(await app.createCaller());
  const check = vi.spyOn(guard, "checkFooting");
  const stale = { headers: { "retry-after": "1" } };
  check.mockResolvedValueOnce(refuse("TEMPORARILY_UNAVAILABLE", "Not known.", "stale", stale));
  const { status, headers } = await fetchTarget(target);
  check.mockRestore();
  expect([status, headers.get("retry-after")]).toStrictEqual([503, "1"]);
});
