/** Programs that call the APIs with the SDK: one for each credential. */

import { ClientError, createClient } from "@biped/client";
import type { VirtualTime } from "../virtual-time.ts";
import type { Api } from "./apis.ts";
import type { Network, Way } from "./network.ts";
import { endpoints, issuer, type WorldCredential, type WorldSecret } from "./world.ts";

export type Caller = {
  readonly credential: WorldCredential;
  readonly way: Way;
  /** The status, or the code of what went wrong. */
  readonly call: () => Promise<number | string>;
  readonly keepCalling: () => Promise<void>;
};

export type CallerParts = {
  readonly time: VirtualTime;
  readonly random: () => number;
  readonly network: Network;
  readonly apis: readonly Api[];
  readonly credentials: readonly WorldCredential[];
  readonly secrets: ReadonlyMap<string, readonly WorldSecret[]>;
  readonly note: (what: string) => void;
  readonly isDone: () => boolean;
};

const pauseMilliseconds = 5_000;

export function createCallers(parts: CallerParts): readonly Caller[] {
  return parts.credentials.map((credential) => createCaller(parts, credential));
}

function createCaller(parts: CallerParts, credential: WorldCredential): Caller {
  const { time, random, network, secrets, note, isDone } = parts;
  const way = network.connect();
  const client = createClient({
    authUrl: issuer,
    clientId: credential.clientId,
    clientSecret: () => secrets.get(credential.clientId)?.at(-1)?.text ?? "",
    scope: "data-export",
    ...(credential.isAccountLevel ? { projectId: credential.projectId } : {}),
    fetch: createFetch(parts, way),
    now: time.now,
    sleep: time.sleep,
    random,
  });
  const call = async (): Promise<number | string> => {
    try {
      return (await client.fetch("/v1/exports")).status;
    } catch (error) {
      if (error instanceof ClientError) return error.code;
      throw error;
    }
  };
  return {
    credential,
    way,
    call,
    keepCalling: async () => {
      while (!isDone()) {
        await time.sleep(random() * pauseMilliseconds);
        note(`call: ${credential.clientId} ${await call()}`);
      }
    },
  };
}

function createFetch({ apis, random }: CallerParts, way: Way): typeof fetch {
  return async (input, init = {}) => {
    const url = new URL(String(input));
    if (url.origin === issuer) return way.fetch(url.href, init);
    const serving = apis.filter(({ cloud }) => endpoints[cloud] === url.origin);
    const api = serving[Math.floor(random() * serving.length)];
    if (api === undefined) throw new TypeError("fetch failed");
    return api.answer(new Headers(init.headers));
  };
}
