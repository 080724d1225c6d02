import { formatRefusal, type Refusal } from "@biped/protocol";
import type { Answer } from "./answer.ts";

/** Whether a part of the process can do its work, and numbers that explain it. Never a secret, a name or an address. */
export type ReadyCheck = { readonly ok: boolean; readonly [fact: string]: number | boolean };

/** By the name under which /readyz tells it. One that rejects because the store is away has failed. */
export type ReadyChecks = Readonly<Record<string, () => ReadyCheck | Promise<ReadyCheck>>>;

export async function runReadyChecks(
  checks: ReadyChecks,
  onThrown: (error: unknown) => ReadyCheck,
): Promise<Readonly<Record<string, ReadyCheck>>> {
  const run = async ([name, check]: readonly [string, ReadyChecks[string]]) => {
    const found = await Promise.resolve()
      .then(check)
      .catch((error: unknown) => onThrown(error));
    return [name, found] as const;
  };
  return Object.fromEntries(await Promise.all(Object.entries(checks).map(run)));
}

/** 503 where one has failed, with all that was found beside the error's own members. */
export function answerReadiness(
  found: Readonly<Record<string, ReadyCheck>>,
  unavailable: Refusal,
  requestId: string,
): Answer {
  if (Object.values(found).every(({ ok }) => ok)) return { status: 200, body: { status: "ready", checks: found } };
  const body = { ...formatRefusal(unavailable, requestId), status: "not ready", checks: found };
  return { status: unavailable.status, headers: unavailable.headers, body, log: { errorCode: unavailable.code } };
}
