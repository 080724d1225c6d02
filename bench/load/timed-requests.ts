/** Asks one thing after another on one connection that stays open, and says how long each answer took. */

import { Agent, get } from "node:http";
import { text } from "node:stream/consumers";

export type TimedClient = {
  /** The answer's text. @throws Error if the status is not 200. */
  readonly ask: (path: string, token: string) => Promise<string>;
  /** The milliseconds of so many answers. */
  readonly time: (path: string, token: string, calls: number) => Promise<readonly number[]>;
  readonly close: () => void;
};

export function openTimedClient(origin: string): TimedClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = (path: string, token: string): Promise<string> => {
    const headers = { authorization: `Bearer ${token}` };
    return new Promise((resolve, reject) => {
      get(origin + path, { agent, headers }, (response) => {
        const read = text(response);
        if (response.statusCode === 200) read.then(resolve, reject);
        else read.then((body) => reject(new Error(`${path} answered ${response.statusCode}: ${body}`)), reject);
      }).on("error", reject);
    });
  };
  const time = async (path: string, token: string, calls: number): Promise<readonly number[]> => {
    const milliseconds: number[] = [];
    for (let call = 0; call < calls; call += 1) {
      const started = performance.now();
      await ask(path, token);
      milliseconds.push(performance.now() - started);
    }
    return milliseconds;
  };
  return { ask, time, close: () => agent.destroy() };
}
