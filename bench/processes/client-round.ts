/**
 * One round of `@biped/client` and its peers, all in one process; prints as JSON how many token requests 1,000 calls at
 * once send, the first and the second time, and what a call costs when the token is at hand.
 */

import { median } from "../measure/median.ts";
import { createTokenClients, type TokenClient } from "./token-clients.ts";
import { startTokenEndpoint, type TokenEndpoint } from "./token-endpoint.ts";

const [secondsEach = 1] = process.argv.slice(2).map(Number);
const callsAtOnce = 1_000;
const batches = 11;
/** Between two looks at the clock. */
const callsInTurn = 10_000;

async function countRequests({ getToken }: TokenClient, endpoint: TokenEndpoint): Promise<number> {
  await Promise.all(Array.from({ length: callsAtOnce }, () => getToken()));
  return endpoint.takeCount();
}

/** The answered token is good, and asking for it once more sends nothing. */
async function isKept({ getAccessToken, name }: TokenClient, endpoint: TokenEndpoint): Promise<boolean> {
  if ((await getAccessToken()) !== endpoint.accessToken) throw new Error(`${name} answers no token.`);
  return endpoint.takeCount() === 0;
}

/** Calls one after another, each awaited, as a program does before each request. */
async function timeCall(getToken: () => Promise<unknown>, seconds: number): Promise<number> {
  const started = performance.now();
  let calls = 0;
  let elapsed = 0;
  while (elapsed < seconds * 1000) {
    for (let call = 0; call < callsInTurn; call += 1) await getToken();
    calls += callsInTurn;
    elapsed = performance.now() - started;
  }
  return (elapsed * 1e6) / calls;
}

/** The first batch compiles, and is not counted. */
async function timeInTurns(contenders: ReadonlyMap<string, () => Promise<unknown>>) {
  const taken = new Map([...contenders.keys()].map((name): [string, number[]] => [name, []]));
  for (let batch = 0; batch <= batches; batch += 1) {
    for (const [name, getToken] of contenders) {
      const nanoseconds = await timeCall(getToken, secondsEach / batches);
      if (batch > 0) taken.get(name)?.push(nanoseconds);
    }
  }
  return [...taken].map(([name, values]): [string, number] => [`${name}Nanoseconds`, median(values)]);
}

const endpoint = await startTokenEndpoint();
const counts: [string, number][] = [];
const resolved = Promise.resolve(endpoint.accessToken);
const contenders = new Map<string, () => Promise<unknown>>([["resolvedPromise", () => resolved]]);
for (const client of createTokenClients(endpoint.service)) {
  counts.push([`${client.name}ColdRequests`, await countRequests(client, endpoint)]);
  counts.push([`${client.name}NextRequests`, await countRequests(client, endpoint)]);
  if (await isKept(client, endpoint)) contenders.set(client.name, client.getToken);
}
endpoint.close();
const times = await timeInTurns(contenders);
process.stdout.write(`${JSON.stringify(Object.fromEntries([...counts, ...times]))}\n`);
