/** A node without listeners and timers of its own: the server's parts and public endpoints, put together as it does. */

import type { Config, ServerParts } from "@biped/authorization-server";
import type { Answer, Endpoint, HttpRequest } from "@biped/listener";
import { formatRefusal, isRefusal, paths, type Refusal } from "@biped/protocol";
import { createStoreClock } from "../apps/authorization-server/src/changes/store-clock.ts";
import { openLimits } from "../apps/authorization-server/src/limits/limits.ts";
import { createManagement } from "../apps/authorization-server/src/management/management.ts";
import type { KeyEncryptionKey } from "../apps/authorization-server/src/signing/envelope.ts";
import { createEndpoints, makeParts } from "../apps/authorization-server/src/start.ts";
import type { Storage } from "../apps/authorization-server/src/storage/storage.ts";
import { noTracing } from "../apps/authorization-server/src/tracing/tracing.ts";

export type LocalNodeParts = ServerParts & {
  readonly kek: KeyEncryptionKey;
  readonly machineMilliseconds: () => number;
  readonly steadyMilliseconds: () => number;
};

type Made = Awaited<ReturnType<typeof makeParts>>;

export type LocalNode = Pick<Made, "storage" | "keyRing" | "changes" | "feed"> & {
  readonly endpoints: Readonly<Record<keyof typeof paths, Endpoint>>;
  readonly management: (actor: string) => ReturnType<typeof createManagement>;
  /** Asks the public endpoints as if they were at that URL. */
  readonly fetch: (url: string, init?: RequestInit) => Promise<Response>;
  /** Ends what goes on by itself; the storage stays open. */
  readonly stop: () => Promise<void>;
};

const noMetrics = {
  observe: () => {},
  countRefusal: () => {},
  countStatement: () => {},
  addReadings: () => {},
  endpoint: () => ({ status: 200, body: undefined }),
};

export async function openLocalNode(storage: Storage, config: Config, parts: LocalNodeParts): Promise<LocalNode> {
  const storeClock = createStoreClock({ ...parts, storage });
  await storeClock.read();
  const nowSeconds = (): number => parts.nowSeconds() + storeClock.offsetSeconds();
  const limits = await openLimits({ ...config, ...parts });
  const opened = { ...parts, nowSeconds, storeClock, limits, metrics: noMetrics, tracing: noTracing };
  const made = await makeParts(storage, config, opened);
  const endpoints = createEndpoints(config, made);
  const managed = { ...made, catalogue: config.catalogue };
  return {
    storage: made.storage,
    keyRing: made.keyRing,
    changes: made.changes,
    feed: made.feed,
    endpoints,
    management: (actor) => createManagement(managed, actor),
    fetch: (url, init) => ask(endpoints, url, init),
    stop: async () => {
      made.feed.close();
      await made.changes.stop();
    },
  };
}

let requests = 0;

async function ask(endpoints: LocalNode["endpoints"], url: string, init: RequestInit = {}): Promise<Response> {
  const { pathname, search } = new URL(url);
  const [name] = Object.entries(paths).find(([, path]) => path === pathname) ?? [];
  const endpoint = name === undefined ? undefined : endpoints[name as keyof typeof paths];
  if (endpoint === undefined) return new Response("", { status: 404 });
  requests += 1;
  const request = createRequest(String(requests), { pathname, search, init });
  return formatAnswer(await endpoint(request), request.id);
}

export function createRequest(
  id: string,
  { pathname, search, init }: { readonly pathname: string; readonly search: string; readonly init: RequestInit },
): HttpRequest {
  const headers = new Headers(init.headers);
  const authorization = headers.get("authorization");
  return {
    id,
    method: init.method ?? "GET",
    path: pathname,
    query: search.slice(1),
    params: new Map(),
    authorization: authorization === null ? [] : [authorization],
    contentType: headers.get("content-type") ?? undefined,
    ifNoneMatch: headers.get("if-none-match") ?? undefined,
    header: (field) => headers.get(field) ?? undefined,
    body: Buffer.from(String(init.body ?? "")),
    source: "192.0.2.1",
    peer: () => "192.0.2.1",
  };
}

function formatAnswer(outcome: Answer | Refusal, requestId: string): Response {
  const { status, headers = {} } = outcome;
  if (isRefusal(outcome)) return Response.json(formatRefusal(outcome, requestId), { status, headers });
  if (outcome.text !== undefined) return new Response(String(outcome.text.content), { status, headers });
  return outcome.body === undefined
    ? new Response(null, { status, headers })
    : Response.json(outcome.body, { status, headers });
}
