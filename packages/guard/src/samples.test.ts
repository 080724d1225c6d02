import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { listen, requestRaw } from "../test/raw-request.ts";
import { badTokens, createTestIssuer, type TestIssuer } from "./testing.ts";

const payload = { success: true, payload: [{ jobId: 1, projectId: 42 }] };
let issuer: TestIssuer;
let authorization: string;

// The samples are written for the world outside: its clock, and the global fetch.
beforeAll(async () => {
  issuer = await createTestIssuer({ startSeconds: Math.floor(Date.now() / 1000) });
  vi.stubGlobal("fetch", issuer.guardOptions.fetch);
  authorization = `Bearer ${await issuer.mint()}`;
});
afterAll(() => {
  vi.unstubAllGlobals();
});

const request = (headers: Record<string, string>) => new Request("https://api.example.com/v1/exports", { headers });

test("the sample for Fastify guards its API", async () => {
  const { app } = await import("../samples/fastify.ts");
  await app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = app.server.address() as AddressInfo;
  expect(await requestRaw(port, "/v1/exports")).toMatchObject({ status: 401 });
  expect(await requestRaw(port, "/v1/exports", [`Authorization: ${authorization}`])).toMatchObject({ body: payload });
  await app.close();
});

test("the sample for Express guards its API", async () => {
  const { app } = await import("../samples/express.ts");
  const { port, close } = await listen(app);
  expect(await requestRaw(port, "/v1/exports")).toMatchObject({ status: 401 });
  expect(await requestRaw(port, "/v1/exports", [`Authorization: ${authorization}`])).toMatchObject({ body: payload });
  await close();
});

test("the sample for Hono guards its API", async () => {
  const { app } = await import("../samples/hono.ts");
  expect((await app.fetch(request({}))).status).toBe(401);
  expect(await (await app.fetch(request({ authorization }))).json()).toEqual(payload);
});

test("the sample for Fetch guards its API", async () => {
  const { handle } = await import("../samples/fetch.ts");
  expect((await handle(request({}))).status).toBe(401);
  expect(await (await handle(request({ authorization }))).json()).toEqual(payload);
});

test("the sample for tests sees a good token pass, every bad one refused, and a token expire", async () => {
  const { good, refused, expired } = await import("../samples/testing.ts");
  expect(good.status).toBe(200);
  const codes = await Promise.all(
    [...refused].map(async ([name, answer]) => [name, (await answer.json()).errorCode] as const),
  );
  expect(Object.fromEntries(codes)).toEqual(badTokens);
  expect(await expired.json()).toMatchObject({ errorCode: "JWT_EXPIRED" });
});

test.each(["fastify", "express", "hono", "fetch", "testing"])(
  "the README shows the sample for %s, line by line",
  (name) => {
    const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
    const sample = readFileSync(new URL(`../samples/${name}.ts`, import.meta.url), "utf8");
    expect(readme).toContain(`\`\`\`ts\n${sample}\`\`\``);
  },
);
