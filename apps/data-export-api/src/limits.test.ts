import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { isRefusal } from "@biped/protocol";
import { afterEach, describe, expect, test } from "vitest";
import { type Call, errorBody, type StartedApp, seed, seedRun, startApp, withJson } from "../test/started-app.ts";
import type { FoundData } from "./data/data-source.ts";
import { createPlaces } from "./places.ts";

let app: StartedApp;

afterEach(() => app?.stop());

describe("ten requests at once a project", () => {
  /** Requests that wait for data until they are let go. */
  function holdRequests() {
    const { promise, resolve } = Promise.withResolvers<FoundData>();
    let begun = 0;
    app.fakes.find = () => {
      begun += 1;
      return promise;
    };
    const keysPath = "/v1/dynamic-var-keys?from=2027-01-01&to=2027-01-02";
    return {
      hold: (call: Call, count: number) => Promise.all(Array.from({ length: count }, () => call(keysPath))),
      /** Each asks for the data of both scopes. */
      begun: () => begun / 2,
      letGo: () => resolve({ files: [], missingDays: [] }),
    };
  }

  test("429 RATE_LIMITED with Retry-After for the eleventh, of whatever kind; others go on", async () => {
    app = await startApp();
    const [mine, other] = [await app.createCaller(), await app.createCaller()];
    const held = holdRequests();
    const answers = held.hold(mine.call, 10);
    await expect.poll(held.begun).toBe(10);
    const refused = errorBody("RATE_LIMITED", "A project may have 10 requests at once.", "temporarily_unavailable");
    for (const path of ["/v1/exports", "/v1/exports/1", "/v1/exportable-fields?scope=views"]) {
      const { status, headers, body } = await mine.call(path);
      expect([path, status, headers.get("retry-after"), body]).toStrictEqual([path, 429, "1", refused]);
    }
    expect((await other.call("/v1/exports")).status).toBe(200);
    held.letGo();
    expect((await answers).map(({ status }) => status)).toStrictEqual(Array(10).fill(200));
    expect((await mine.call("/v1/exports")).status).toBe(200);
  });

  test("nobody without a token takes a place, and a request that fails gives it back", async () => {
    app = await startApp();
    const { call } = await app.createCaller();
    app.fakes.find = () => Promise.reject(new Error("no such disk"));
    for (let count = 0; count < 12; count += 1) {
      expect((await fetch(`${app.url}/v1/exports`)).status).toBe(401);
      expect((await call("/v1/custom-vars")).status).toBe(500);
      expect((await call("/v1/exports?page=0")).status).toBe(400);
    }
  });
});

/** A caller who asks on a connection of its own, and takes nothing of the answer. */
function askWithoutReading(token: string, path: string): Socket {
  const { hostname, port } = new URL(app.url);
  const socket = connect(Number(port), hostname).pause();
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`);
  return socket;
}

describe("a place is taken until the answer is", () => {
  test("429 while two callers leave six megabytes each with the server; gone, they have left their places", async () => {
    app = await startApp({ requestsAtOnce: 2 });
    const { call, token, projectId } = await app.createCaller();
    const fields = Array.from({ length: 200 }, (_, index) => ({
      fieldName: "dynamic_var",
      dynamicVarKey: `${index}-`.padEnd(255, "k"),
    }));
    for (let count = 0; count < 100; count += 1) {
      await app.storage.createJob(projectId, { ...seed, fields }, seedRun);
    }
    const ask = async () => (await call("/v1/exportable-fields?scope=views")).status;
    const sockets = [1, 2].map(() => askWithoutReading(token, "/v1/exports?limit=100"));
    await expect.poll(ask).toBe(429);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await ask()).toBe(429);
    sockets[0]?.destroy();
    await expect.poll(ask).toBe(200);
    sockets[1]?.resume();
    await expect.poll(() => Promise.all([ask(), ask()])).toEqual([200, 200]);
    sockets[1]?.destroy();
  });

  test("whoever is gone before the answer is there has left a place behind, in a body and in a read of the data", async () => {
    app = await startApp({ requestsAtOnce: 2 });
    const { call, token } = await app.createCaller();
    const { promise, resolve } = Promise.withResolvers<FoundData>();
    let begun = 0;
    app.fakes.find = () => {
      begun += 1;
      return promise;
    };
    const sockets = [1, 2].map(() => askWithoutReading(token, "/v1/custom-vars"));
    await expect.poll(() => begun).toBe(4);
    for (const socket of sockets) socket.resetAndDestroy();
    resolve({ files: [], missingDays: [] });
    await expect.poll(async () => (await call("/v1/exports")).status).toBe(200);
    for (let count = 0; count < 5; count += 1) {
      const { hostname, port } = new URL(app.url);
      const socket = connect(Number(port), hostname);
      const head = `POST /v1/exports HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n`;
      socket.write(`${head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{`);
      await once(socket, "connect");
      socket.resetAndDestroy();
    }
    expect((await Promise.all([call("/v1/exports"), call("/v1/exports")])).map(({ status }) => status)).toEqual([
      200, 200,
    ]);
  });

  test("200 for as many as there are places, and 429 for the rest, of 30 at once on one connection", async () => {
    app = await startApp();
    const { token } = await app.createCaller();
    const { hostname, port } = new URL(app.url);
    const socket = connect(Number(port), hostname);
    const asked = `GET /v1/exports HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n`;
    socket.write(`${`${asked}\r\n`.repeat(29)}${asked}Connection: close\r\n\r\n`);
    const statuses = [...(await text(socket)).matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
    expect(statuses.length).toBe(30);
    expect(statuses.filter((status) => status === "200").length).toBeGreaterThanOrEqual(10);
    expect(new Set(statuses)).toEqual(new Set(["200", "429"]));
  });
});

describe("places", () => {
  test("as many as there are, for each project; one that is given back can be taken again", () => {
    const takePlace = createPlaces(2);
    const [first, second] = [takePlace(1), takePlace(1)];
    if (isRefusal(first) || isRefusal(second)) throw new Error("There were two places.");
    expect(takePlace(1)).toMatchObject({ code: "RATE_LIMITED", status: 429, headers: { "retry-after": "1" } });
    expect(isRefusal(takePlace(2))).toBe(false);
    first();
    expect(isRefusal(takePlace(1))).toBe(false);
    expect(isRefusal(takePlace(1))).toBe(true);
    second();
    expect(isRefusal(takePlace(1))).toBe(false);
  });
});

describe("jobs of a project", () => {
  const { name, format, scope, frequency, fields } = seed;
  const job = withJson("POST", { name, format, scope, frequency, fields });

  test("409 LIMIT_REACHED for one more than there may be; deleted ones do not count, other projects' neither", async () => {
    app = await startApp({ jobsPerProject: 2 });
    const [mine, other] = [await app.createCaller(), await app.createCaller()];
    const jobId = await app.storage.createJob(mine.projectId, seed, seedRun);
    expect((await mine.call("/v1/exports", job)).status).toBe(201);
    const { status, body } = await mine.call("/v1/exports", job);
    const full = "A project may have at most 2 export jobs; delete one first.";
    expect([status, body]).toStrictEqual([409, errorBody("LIMIT_REACHED", full)]);
    expect((await other.call("/v1/exports", job)).status).toBe(201);
    await app.storage.deleteJob(mine.projectId, jobId, 0);
    expect((await mine.call("/v1/exports", job)).status).toBe(201);
    expect((await mine.call("/v1/exports", job)).status).toBe(409);
  });
});
