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
