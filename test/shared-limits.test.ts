/** two servers that count failures together, as they do with BIPED_SHARED_LIMITS. */

import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { createFacts, post, type StartedServer, startServer, tokenRequest } from "./started-server.ts";
import { startValkeyStub } from "./valkey-stub.ts";

const fail = async ({ url }: StartedServer, times: number): Promise<readonly number[]> => {
  const statuses: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const guess = { clientId: randomUUID(), clientSecret: "guessed" };
    statuses.push((await post(`${url}/v1/oauth/token`, tokenRequest(guess))).status);
  }
  return statuses;
};

test("60 failures a minute from one source over both, then 429; with the store away each has 60 of its own; successes are untouched", async () => {
  const stub = await startValkeyStub();
  const settings = { BIPED_SHARED_LIMITS: stub.url };
  const [one, other] = [await startServer("sqlite", settings), await startServer("sqlite", settings)];
  const { project } = await createFacts(other);
  const issue = async () => (await post(`${other.url}/v1/oauth/token`, tokenRequest(project))).status;

  expect(await fail(one, 40)).toEqual(Array<number>(40).fill(401));
  const statuses = await fail(other, 25);
  expect(statuses).toEqual([...Array<number>(20).fill(401), ...Array<number>(5).fill(429)]);
  expect(await issue()).toBe(200);

  stub.cut();
  expect(await issue()).toBe(200);
  // 25 of its own are counted here already.
  expect(await fail(other, 36)).toEqual([...Array<number>(35).fill(401), 429]);
  expect(other.logLines.filter((line) => line.includes("limits are not shared"))).toHaveLength(1);
  expect(other.logLines.join("")).not.toContain("only-for-tests");
  await Promise.all([one.stop(), other.stop()]);
});

test("the database of the nodes counts too, on a pool beside the store's", async () => {
  const started = await startServer("postgres", { BIPED_SHARED_LIMITS: "postgres" });
  expect(await fail(started, 61)).toEqual([...Array<number>(60).fill(401), 429]);
  expect(started.logLines.filter((line) => line.includes('"warn"'))).toEqual([]);
  await started.stop();
});
