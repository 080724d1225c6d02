/** Asks /healthz again and again on one connection while somebody else makes the load. */

import { Agent, get } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { percentile } from "../measure/median.ts";

const pauseMilliseconds = 20;

/** Begins to ask; the answer ends it and says the middle of all times in milliseconds. */
export function startHealthProbe(url: string): () => Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const milliseconds: number[] = [];
  let asking = true;
  const asked = (async () => {
    while (asking) {
      const started = performance.now();
      await ask(url, agent);
      milliseconds.push(performance.now() - started);
      await sleep(pauseMilliseconds);
    }
  })();
  return async () => {
    asking = false;
    await asked;
    agent.destroy();
    return percentile(milliseconds, 0.5);
  };
}

function ask(url: string, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${url} answered ${response.statusCode}.`));
      response.resume().on("end", resolve);
    }).on("error", reject);
  });
}
