/** One run of autocannon: warms up, says so, counts for the time asked, sends the counts to its parent and ends. */

import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import autocannon, { type AutocannonClient } from "autocannon";
import { percentile } from "../measure/median.ts";
import type { AutocannonMessage } from "./autocannon.ts";
import type { LoadPlan } from "./load.ts";

const plan: LoadPlan = JSON.parse(process.argv[2] ?? "");
const { prefix, recordsFile, recordBytes } = plan.bodies;
const records = readFileSync(recordsFile);
const recordCount = records.length / recordBytes;

/** Built before the run, so that drawing costs nothing during it; a connection that gets through all begins anew. */
const drawnForEachConnection = recordCount === 1 ? 1 : 1500;

function drawBody(): string {
  const start = Math.floor(Math.random() * recordCount) * recordBytes;
  return prefix + records.toString("latin1", start, start + recordBytes);
}

function setupClient(client: AutocannonClient): void {
  client.setRequests(Array.from({ length: drawnForEachConnection }, () => ({ body: drawBody() })));
}

const send = (message: AutocannonMessage): void => {
  process.send?.(message);
};

const instance = autocannon({
  url: plan.url,
  method: "POST",
  headers: { "content-type": "application/x-www-form-urlencoded" },
  connections: plan.connections,
  duration: plan.warmUpSeconds + plan.seconds + 60,
  setupClient,
});

let milliseconds: number[] = [];
let failures = 0;
// Its own histogram rounds to whole milliseconds and cannot leave the warm-up out.
instance.on("response", (_client, status, _bytes, responseMilliseconds) => {
  if (status >= 200 && status < 300) milliseconds.push(responseMilliseconds);
  else failures += 1;
});
instance.on("reqError", () => {
  failures += 1;
});

await sleep(plan.warmUpSeconds * 1000);
milliseconds = [];
failures = 0;
const started = performance.now();
send({ kind: "begun" });
await sleep(plan.seconds * 1000);
const counted = milliseconds;
const result = {
  requestsPerSecond: counted.length / ((performance.now() - started) / 1000),
  failures,
  p50Milliseconds: percentile(counted, 0.5),
  p99Milliseconds: percentile(counted, 0.99),
};
send({ kind: "done", result });
instance.stop();
