/** after a run over all that hands out or takes a secret, none stands in any file or log line. */

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { operations } from "@biped/management-client/contract";
import { paths, secretPattern } from "@biped/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { computeTotp } from "../apps/authorization-server/src/administrators/totp.ts";
import { createFakeCloud } from "./fake-cloud.ts";
import { createHttpConsole } from "./http-console.ts";
import { type Console, createBrowser, password } from "./sign-in-console.ts";
import { basic, post, type StartedServer, startServer, tokenRequest } from "./started-server.ts";

const base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const secondPassword = "seven lanterns on a green pier";
const wrongPassword = "not the password of anybody here";

function decodeBase32(text: string): Buffer {
  const bits = [...text].map((letter) => base32.indexOf(letter).toString(2).padStart(5, "0")).join("");
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

let started: StartedServer;
/** By what they are. */
const canaries = new Map<string, string>();
const keep = (name: string, value: string): string => {
  expect([name, value.length > 7]).toEqual([name, true]);
  canaries.set(name, value);
  return value;
};

beforeAll(async () => {
  started = await startServer("sqlite", { BIPED_SIGNING_ALG: "Ed25519" });
  const cloud = createFakeCloud();
  started.clouds.fetch = (url, init) => {
    const answer = cloud.fetch(url, init);
    keep(`token ${cloud.calls.length} for a cloud`, cloud.calls.at(-1)?.token ?? "");
    return answer;
  };
});
afterAll(() => started.stop());

test("no secret stands in the database, its log, the lines that are logged, the audit events or what anybody may read", async () => {
  const http = createHttpConsole(started.adminUrl);
  const vera = createBrowser(http);
  await setUpAndEnrol(vera);
  await invite(http, vera);
  await useCredential(vera);
  await callEverything(http, vera.jar.cookie);
  expect(await findInDocuments()).toEqual([]);
  for (const name of ["whole while it runs", "whole after the stop"]) {
    expect([name, await findInFiles()]).toEqual([name, []]);
    if (name === "whole while it runs") await started.server.stop();
  }
  const log = started.logLines.join("");
  expect(started.logLines.length).toBeGreaterThan(100);
  expect([...canaries.keys()].filter((name) => name.endsWith("for a cloud")).length).toBeGreaterThan(5);
  expect([...canaries].filter(([, value]) => log.includes(value)).map(([name]) => name)).toEqual([]);
  expect(log).not.toMatch(secretPattern);
  console.log(`${canaries.size} canaries, ${started.logLines.length} lines`);
});

type Browser = ReturnType<typeof createBrowser>;

function keepCookie(name: string, { jar }: Browser): void {
  keep(name, jar.cookie.split("=")[1] ?? "");
}

async function setUpAndEnrol(vera: Browser): Promise<void> {
  const setup = await started.server.openSetup();
  const token = keep("setup token", setup?.token ?? "");
  await vera.post("/api/setup", { token: `${token}x`, email: "vera@example.com", name: "Vera", password });
  const made = await vera.post("/api/setup", { token, email: "vera@example.com", name: "Vera", password });
  expect(made.status).toBe(201);
  keep("password", password);
  keepCookie("first session", vera);
  const begun = await vera.post("/api/totp");
  const secret = decodeBase32(keep("TOTP secret", begun.body.secret));
  keep("TOTP secret, raw", secret.toString("latin1"));
  keep("TOTP secret, hex", secret.toString("hex"));
  const code = () => computeTotp(secret, Math.floor(started.clock.seconds / 30));
  const confirmed = await vera.put("/api/totp", { code: code() });
  expect(confirmed.status).toBe(200);
  const codes: readonly string[] = confirmed.body.recoveryCodes;
  for (const [at, each] of codes.entries()) {
    keep(`recovery code ${at}`, each);
    keep(`recovery code ${at}, bare`, each.replaceAll("-", ""));
  }
  expect((await vera.signIn("vera@example.com", keep("wrong password", wrongPassword))).status).toBe(401);
  expect((await vera.signIn("vera@example.com")).status).toBe(200);
  keepCookie("pending session", vera);
  expect((await vera.post("/api/session/second-factor", { recoveryCode: codes[0] })).status).toBe(200);
  keepCookie("second session", vera);
  started.clock.seconds += 30;
  expect((await vera.post("/api/session/step-up", { totp: code() })).status).toBe(200);
  keepCookie("session after step-up", vera);
  expect((await vera.put("/api/password", { password: keep("second password", secondPassword) })).status).toBe(204);
}

async function invite(http: Pick<Console, "call">, vera: Browser): Promise<void> {
  const { body: account } = await vera.post("/api/accounts", { name: "Northwind" });
  const members = `/api/accounts/${account.id}/members`;
  const invited = await vera.post(members, { email: "ola@example.com", role: "viewer" });
  const token = keep("invitation", String(invited.body.invitationUrl).split("#")[1] ?? "");
  const ola = createBrowser(http);
  const body = { token, name: "Ola", password: keep("invited one's password", "a red bicycle by the mill") };
  expect((await ola.post("/api/invitations/acceptance", body)).status).toBe(201);
  keepCookie("invited one's session", ola);
  const again = await vera.post(`/api/administrators/${invited.body.administrator.id}/invitation`);
  keep("second invitation", String(again.body.invitationUrl).split("#")[1] ?? "");
}

async function useCredential(vera: Browser): Promise<void> {
  await vera.post("/api/clouds", { name: "aws", endpoint: "https://aws.example.com" });
  const { body: project } = await vera.post("/api/accounts/1/projects", { name: "UX", cloud: "aws" });
  const scopes = ["data-export"];
  const { body: made } = await vera.post("/api/accounts/1/credentials", { name: "CI", projectId: project.id, scopes });
  const { clientId } = made.credential;
  const { body: rotated } = await vera.post(`/api/credentials/${clientId}/secrets`);
  const secrets = [keep("secret", made.clientSecret), keep("second secret", rotated.clientSecret)];
  for (const clientSecret of secrets) {
    const held = { clientId, clientSecret };
    const { body } = await post(`${started.url}/v1/oauth/token`, tokenRequest(held));
    const token = keep(`token of ${clientSecret.slice(-4)}`, body.access_token);
    keep(`token of ${clientSecret.slice(-4)}, its signature`, token.split(".")[2] ?? "");
    await post(`${started.url}/v1/oauth/me`, {}, basic(held));
    await post(`${started.url}/v1/oauth/introspect`, { token }, basic(held));
    await post(`${started.url}/v1/oauth/revoke`, { token }, basic(held));
    await post(`${started.url}/v1/oauth/token?client_secret=${clientSecret}`, tokenRequest(held));
    await post(`${started.url}/v1/oauth/${clientSecret}`, {});
    await post(`${started.url}/v1/oauth/token`, tokenRequest({ clientId: clientSecret, clientSecret: clientId }));
  }
}

/** Each operation, by a token, by a session and with canaries where they do not belong. */
async function callEverything(http: Pick<Console, "call">, cookie: string): Promise<void> {
  const vera = createBrowser(http);
  vera.jar.cookie = cookie;
  const scopes = [
    "read",
    "accounts",
    "projects",
    "credentials",
    "administrators",
    "clouds",
    "signing-keys",
    "export-jobs",
  ];
  const made = await vera.post("/api/access-tokens", { name: "CI", scopes, expiresInDays: 1 });
  const token = keep("access token", made.body.token);
  const authorization = [`Bearer ${token}`];
  for (const name of Object.keys(operations)) {
    const [method = "", pattern = ""] = name.split(" ");
    const path = pattern.replace(":accountId", "1").replace(":projectId", "1").replace(":jobId", "7");
    const query = path.endsWith("/export") ? "?format=csv" : path.endsWith("-fields") ? "?scope=views" : "";
    // Not those that end what the others need.
    if (method === "GET") await http.call({ method, path: `${path}${query}`, authorization });
    await http.call({ method, path: `${path}?token=${token}`, authorization });
    await http.call({ method, path: pattern.replace(/:\w+/g, token), authorization: [`Basic ${token}`] });
    const body = { [token]: token, name: 7, email: token, password: token, token };
    if (method !== "GET") await http.call({ method, path, authorization, body });
  }
}

const findIn = (content: string, place: string): readonly string[] =>
  [...canaries].filter(([, value]) => content.includes(value)).map(([name]) => `${name} in ${place}`);

/** The feed names what was taken back, and the metrics count it. */
async function findInDocuments(): Promise<readonly string[]> {
  const { url, adminUrl } = started;
  const shown = [paths.revocations, paths.keySet, paths.metadata].map((path) => `${url}${path}`);
  const urls = [...shown, `${adminUrl}/metrics`, `${adminUrl}/readyz`];
  const found: string[] = [];
  for (const each of urls) {
    const answer = await fetch(each);
    expect([each, answer.status]).toEqual([each, 200]);
    const content = Buffer.from(await answer.arrayBuffer()).toString("latin1");
    found.push(...findIn(content, each));
  }
  return found;
}

async function findInFiles(): Promise<readonly string[]> {
  const names = (await readdir(started.directory)).filter((name) => name !== "kek");
  expect(names).toContain("authorization-server.db");
  const found: string[] = [];
  for (const file of names) {
    const content = await readFile(join(started.directory, file), "latin1");
    found.push(...findIn(content, file));
    if (/biped_(?:live|test|admin|setup|invite|session)_[0-9A-Za-z]{49}/.test(content))
      found.push(`a secret in ${file}`);
  }
  return found;
}
