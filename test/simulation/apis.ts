/** The APIs of the clouds: of each of them two, one whose guard is open, and one whose guard is closed and caches. */

import { createGuard, type Guard } from "@biped/guard";
import { formatRefusal, isRefusal } from "@biped/protocol";
import type { VirtualTime } from "../virtual-time.ts";
import type { Network, Way } from "./network.ts";
import { type CloudName, endpoints, issuer } from "./world.ts";

export const maxStalenessSeconds = 30;

export type Api = {
  readonly name: string;
  readonly cloud: CloudName;
  readonly mode: "open" | "closed";
  readonly guard: Guard;
  readonly way: Way;
  /** The code of the refusal, or that it is accepted. */
  readonly judge: (token: string) => Promise<string>;
  readonly answer: (headers: Headers) => Promise<Response>;
};

export type ApiParts = {
  readonly time: VirtualTime;
  readonly random: () => number;
  readonly network: Network;
};

export function createApis(parts: ApiParts): readonly Api[] {
  const clouds = Object.keys(endpoints) as CloudName[];
  return clouds.flatMap((cloud) => (["open", "closed"] as const).map((mode) => createApi(parts, cloud, mode)));
}

function createApi({ time, random, network }: ApiParts, cloud: CloudName, mode: Api["mode"]): Api {
  const name = `${cloud}-${mode}`;
  const way = network.connect();
  const guard = createGuard({
    issuer,
    endpoint: endpoints[cloud],
    revocations: { mode, maxStalenessSeconds },
    ...(mode === "closed" ? { cache: { maxEntries: 100 } } : {}),
    fetch: way.fetch,
    nowSeconds: () => time.now() / 1000,
    monotonicSeconds: () => time.now() / 1000,
    random,
  });
  const judge = async (token: string): Promise<string> => {
    const outcome = await guard.verify(token);
    return isRefusal(outcome) ? outcome.code : "accepted";
  };
  const answer = async (headers: Headers): Promise<Response> => {
    const authorization = headers.get("authorization") ?? "";
    const outcome = await guard.authorize({ authorization: [authorization], query: "" }, { scopes: ["data-export"] });
    if (!isRefusal(outcome)) return Response.json({ success: true, payload: [] });
    return Response.json(formatRefusal(outcome, "1"), { status: outcome.status, headers: outcome.headers });
  };
  return { name, cloud, mode, guard, way, judge, answer };
}
