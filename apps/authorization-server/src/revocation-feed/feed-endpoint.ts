import type { Endpoint } from "@biped/listener";
import { isRefusal, type Parameters, parseFormParameters, type Refusal, readText, refuse } from "@biped/protocol";
import { formatNetwork } from "../limits/failure-limit.ts";
import type { RevocationFeed } from "./revocation-feed.ts";

export type FeedEndpointParts = {
  readonly feed: Pick<RevocationFeed, "waitForNews" | "formatDocument">;
  /** Seconds since this node last heard from its store. */
  readonly lagSeconds: () => number;
};

const longestWaitSeconds = 25;

/** GET /v1/oauth/revocations: what guards need to refuse tokens that were taken back. */
export function createFeedEndpoint({ feed, lagSeconds }: FeedEndpointParts): Endpoint {
  return async ({ query, source }) => {
    // Read
    const asked = readQuery(query);
    if (isRefusal(asked)) return asked;
    const { after, waitSeconds: seconds } = asked;

    // Act
    if (after !== undefined) await feed.waitForNews(after, { seconds, source: formatNetwork(source) });

    // Answer
    const content = feed.formatDocument(after, Math.ceil(lagSeconds()));
    return { status: 200, body: undefined, text: { content, mediaType: "application/revocations+jws" } };
  };
}

type Asked = { readonly after: number | undefined; readonly waitSeconds: number };

function readQuery(query: string): Asked | Refusal {
  const parameters = parseFormParameters(query);
  if (isRefusal(parameters)) return refuse("INVALID_REQUEST", "The query is malformed or repeats a member.");
  const after = readWhole(parameters, "after");
  if (isRefusal(after)) return after;
  const waitSeconds = readWhole(parameters, "wait") ?? 0;
  if (isRefusal(waitSeconds)) return waitSeconds;
  if (waitSeconds <= longestWaitSeconds) return { after, waitSeconds };
  return refuse("INVALID_REQUEST", `wait must be at most ${longestWaitSeconds} seconds.`);
}

function readWhole(parameters: Parameters, name: "after" | "wait"): number | undefined | Refusal {
  const text = readText(parameters, { name, maxLength: 15 });
  if (text === undefined || isRefusal(text)) return text;
  return /^(?:0|[1-9]\d*)$/.test(text) ? Number(text) : refuse("INVALID_REQUEST", `${name} must be a whole number.`);
}
