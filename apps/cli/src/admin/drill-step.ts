import { setTimeout as sleep } from "node:timers/promises";
import { isJsonObject, type JsonObject, parseJson } from "../json.ts";
import { describeFailure } from "../token/issuer.ts";
import type { DrilledTokens } from "./drilled-tokens.ts";

export type DrillStep = {
  readonly place: string;
  /** Goes on the sentence that the place begins. */
  readonly what: string;
  /** Undefined once it is so; else why it is not yet. */
  readonly look: (signal: AbortSignal) => Promise<string | undefined>;
};

export type StepResult = Pick<DrillStep, "place" | "what"> & {
  /** Undefined: not in time, and `reason` is what was seen last. */
  readonly milliseconds: number | undefined;
  readonly reason?: string | undefined;
};

export type KeyChange = {
  readonly kid: string;
  readonly replacementKid: string;
  /** Of the change in the audit log. */
  readonly sequence: number;
};

type StepParts = {
  readonly elapsed: () => number;
  readonly withinMilliseconds: number;
  readonly signal: AbortSignal;
};

const pauseMilliseconds = 100;
const answerMilliseconds = 5_000;

/** Looks again and again until it is so, or the time is over. */
export async function runStep(
  { place, what, look }: DrillStep,
  { elapsed, withinMilliseconds, signal }: StepParts,
): Promise<StepResult> {
  for (;;) {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(answerMilliseconds)]);
    const reason = await look(limit).catch((error: unknown) => {
      signal.throwIfAborted();
      return describeFailure(error);
    });
    if (reason === undefined) return { place, what, milliseconds: elapsed() };
    if (elapsed() > withinMilliseconds) return { place, what, milliseconds: undefined, reason };
    await sleep(pauseMilliseconds, undefined, { signal });
  }
}

/**
 * What a node tells the guards. Its feed is read and not verified: whether guards take it is seen at the APIs.
 * @param node Its public listener.
 */
export function createNodeSteps(node: URL, { kid, replacementKid, sequence }: KeyChange): readonly DrillStep[] {
  const findFault = (kids: readonly unknown[]): string | undefined => {
    if (kids.includes(kid)) return "the former key is still there";
    return kids.includes(replacementKid) ? undefined : "the new key is not there yet";
  };
  const place = node.origin;
  return [
    {
      place,
      what: "has it in its feed",
      look: async (signal) => {
        const feed = readFeed(await readText(new URL("/v1/oauth/revocations", node), signal));
        if (feed === undefined) return "what it answers is no revocation feed";
        return feed.sequence < sequence ? "the feed does not tell of it yet" : findFault(feed.keyIds);
      },
    },
    {
      place,
      what: "has the new key in its key set",
      look: async (signal) => {
        const keySet = readJson(await readText(new URL("/.well-known/jwks.json", node), signal));
        if (!Array.isArray(keySet?.keys)) return "what it answers is no key set";
        return findFault(keySet.keys.map((key) => (isJsonObject(key) ? key.kid : undefined)));
      },
    },
  ];
}

/** What the guard of an API does. */
export function createApiSteps(api: URL, tokens: DrilledTokens, formerKid: string): readonly DrillStep[] {
  const place = api.origin;
  return [
    {
      place,
      what: "refuses the former key's token",
      look: async () => {
        const { status } = await tokens.call(api, tokens.former);
        return status === 401 ? undefined : `it answers ${status}`;
      },
    },
    {
      place,
      what: "takes a new token",
      look: async () => {
        const token = await tokens.issue();
        if (token.kid === formerKid) return "the former key still signs";
        const { status } = await tokens.call(api, token);
        return isAccepted(status) ? undefined : `it answers ${status}`;
      },
    },
  ];
}

/** The token was good, whatever else the request was: neither 401 nor 421 for another cloud, and not out of order. */
export function isAccepted(status: number): boolean {
  return status !== 401 && status !== 421 && status < 500;
}

async function readText(place: URL, signal: AbortSignal): Promise<string> {
  const answer = await fetch(place, { redirect: "manual", signal });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`it answers ${answer.status}`);
  return text;
}

/** The first line of the payload is JSON. */
function readFeed(document: string) {
  const payload = Buffer.from(document.split(".")[1] ?? "", "base64url").toString("latin1");
  const { sequence, key_ids: keyIds } = readJson(payload.split("\n", 1)[0] ?? "") ?? {};
  return typeof sequence === "number" && Array.isArray(keyIds) ? { sequence, keyIds } : undefined;
}

function readJson(text: string): JsonObject | undefined {
  const value = parseJson(text);
  return isJsonObject(value) ? value : undefined;
}
