/** Programs that change credentials over the management API, one change after the other, and remember each. */

import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { askToken } from "./ask-token.ts";
import type { Action, Journal, KnownCredential, KnownSecret, PendingChange, Site } from "./journal.ts";
import type { TokenJudge } from "./judge-token.ts";
import type { PreparedStore } from "./prepared-store.ts";

export type WriterParts = {
  readonly site: Site;
  readonly store: PreparedStore;
  readonly journal: Journal;
  readonly judge: TokenJudge;
  /** Its own: nobody else changes its credentials. */
  readonly projectId: number;
  readonly random: () => number;
  readonly grace: Grace;
};

/** I3: how many milliseconds after the acknowledgement of a revocation a node may still issue by what was true before. */
export type Grace = {
  /** 0 for a single one. */
  readonly connected: number;
  readonly cut: number;
  /** Whether nodes were cut from the store at any time after that of `performance.now()`. */
  readonly wasCutSince: (at: number) => boolean;
};

export type Writer = {
  /** One request: a new change, or again the one that has no answer yet. `unknown` where it still has none. */
  readonly attempt: () => Promise<"acknowledged" | "unknown">;
  /**
   * Changes until the signal comes; a change without an answer is asked for again, with the same key, until it has one.
   * @throws Error for an answer that must not be, or a revoked secret that gets a token (I3).
   */
  readonly run: (signal: AbortSignal) => Promise<void>;
  /** Gets an answer for the change that has none yet (I6). */
  readonly settle: () => Promise<void>;
};

/** Owned by every credential. */
export const writtenScopes = ["data-export", "metrics"] as const;
const mostCredentials = 5;
const pauseMilliseconds = 10;
const settleMilliseconds = 30_000;

type Step = {
  readonly change: PendingChange;
  readonly credential: KnownCredential | undefined;
  readonly method: string;
  readonly path: string;
  readonly body: object | undefined;
  /** Of the secret that is to end. */
  readonly secretId?: string;
};

export function createWriter(parts: WriterParts): Writer {
  let open: { readonly step: Step; isFirst: boolean } | undefined;
  const attempt = async (): Promise<"acknowledged" | "unknown"> => {
    if (open === undefined) {
      open = { step: chooseStep(parts), isFirst: true };
      parts.journal.begin(open.step.change);
    }
    const { step, isFirst } = open;
    const answer = await send(parts, step);
    open.isFirst = false;
    if (answer === undefined) return "unknown";
    open = undefined;
    await checkAfterwards(parts, step, acknowledge(parts, step, { ...answer, isFirst }));
    return "acknowledged";
  };
  const attemptOrPause = async (): Promise<void> => {
    if ((await attempt()) === "unknown") await sleep(pauseMilliseconds);
  };
  return {
    attempt,
    run: async (signal) => {
      while (!signal.aborted) await attemptOrPause();
    },
    settle: async () => {
      const deadline = performance.now() + settleMilliseconds;
      while (open !== undefined && performance.now() < deadline) await attemptOrPause();
      if (open !== undefined) throw new Error(`${open.step.change.action} got no answer for ${settleMilliseconds} ms.`);
    },
  };
}

function chooseStep({ journal, projectId, random, store }: WriterParts): Step {
  const own = [...journal.credentials.values()].filter((each) => each.projectId === projectId);
  const living = own.filter(({ state }) => state !== "deleted");
  const idempotencyKey = randomUUID();
  const credential = living.length < mostCredentials && random() < 0.2 ? undefined : pick(living, random);
  if (credential === undefined) {
    const change = { action: "credential.created", projectId, clientId: undefined, idempotencyKey } as const;
    const body = { name: `Credential ${own.length}`, projectId, scopes: writtenScopes };
    return { change, credential, method: "POST", path: `/api/accounts/${store.accountId}/credentials`, body };
  }
  const { clientId } = credential;
  const [action, method, end, body] = pick(listChanges(credential), random) ?? deletion;
  const secret = action === "secret.rotation-cancelled" ? credential.secrets.at(-1) : pick(credential.secrets, random);
  const path = `/api/credentials/${clientId}${end.replace("SECRET", secret?.id ?? "")}`;
  const ended = end.includes("SECRET") && secret !== undefined ? { secretId: secret.id } : {};
  return { change: { action, projectId, clientId, idempotencyKey }, credential, method, path, body, ...ended };
}

function pick<Item>(items: readonly Item[], random: () => number): Item | undefined {
  return items[Math.floor(random() * items.length)];
}

type PossibleChange = readonly [action: Action, method: string, end: string, body?: object];

const deletion: PossibleChange = ["credential.deleted", "DELETE", ""];
const rotation: PossibleChange = ["secret.rotated", "POST", "/secrets", {}];
const retirement: PossibleChange = ["secret.retired", "DELETE", "/secrets/SECRET"];
const cancellation: PossibleChange = ["secret.rotation-cancelled", "POST", "/secrets/SECRET/cancellation", {}];

/** What a credential allows for; what is to be likelier stands there more often. */
function listChanges({ state, secrets }: KnownCredential): readonly PossibleChange[] {
  const other = state === "enabled" ? "disabled" : "enabled";
  const set: PossibleChange = [`credential.${other}`, "PATCH", "", { state: other }];
  const bySecrets = [
    [rotation, rotation, rotation],
    [rotation, rotation, rotation, retirement],
    [retirement, retirement, cancellation],
  ];
  return [set, set, deletion, ...(bySecrets[secrets.length] ?? [])];
}

type Answered = { readonly requestId: string | undefined; readonly body: unknown };

/** Undefined where nobody knows what came of it. */
async function send({ site, store }: WriterParts, step: Step): Promise<Answered | undefined> {
  const { method, path, body, change } = step;
  const headers = {
    authorization: `Bearer ${store.accessToken}`,
    "idempotency-key": change.idempotencyKey,
    ...(body === undefined ? {} : { "content-type": "application/json" }),
  };
  const content = body === undefined ? {} : { body: JSON.stringify(body) };
  try {
    const answer = await fetch(`${site.adminUrl}${path}`, {
      method,
      headers,
      ...content,
      signal: AbortSignal.timeout(10_000),
    });
    const text = await answer.text();
    if ([502, 503, 504].includes(answer.status)) return undefined;
    if (!answer.ok) throw new UnexpectedAnswer(`${change.action} was answered ${answer.status}: ${text}`);
    const requestId = answer.headers.get("x-request-id") ?? undefined;
    return { requestId, body: text === "" ? undefined : JSON.parse(text) };
  } catch (error) {
    if (error instanceof UnexpectedAnswer) throw error;
    return undefined;
  }
}

class UnexpectedAnswer extends Error {
  override readonly name = "UnexpectedAnswer";
}

/** @returns the secrets that it ended. */
function acknowledge(
  { journal }: WriterParts,
  { change, credential, secretId }: Step,
  { requestId, body, isFirst }: Answered & { readonly isFirst: boolean },
): readonly KnownSecret[] {
  const shown = body as Shown | undefined;
  const known = credential ?? {
    clientId: shown?.credential.clientId ?? "",
    projectId: change.projectId,
    state: "enabled",
    secrets: [],
    ended: [],
    changes: [],
  };
  const ended =
    change.action === "credential.deleted" ? known.secrets : known.secrets.filter(({ id }) => id === secretId);
  known.secrets = known.secrets.filter((secret) => !ended.includes(secret));
  known.ended = [...known.ended, ...ended.filter(({ text }) => text !== undefined)];
  if (change.action === "credential.created" || change.action === "secret.rotated") {
    known.secrets = [...known.secrets, { id: shown?.secretId ?? "", text: shown?.clientSecret ?? undefined }];
  }
  if (change.action === "credential.disabled") known.state = "disabled";
  if (change.action === "credential.enabled") known.state = "enabled";
  if (change.action === "credential.deleted") known.state = "deleted";
  journal.acknowledge(change, known, isFirst ? requestId : undefined);
  return change.action === "credential.disabled" ? known.secrets : ended;
}

type Shown = {
  readonly credential: { readonly clientId: string };
  readonly secretId: string;
  readonly clientSecret: string | null;
};

/** I3, and now and then that what lives works. */
async function checkAfterwards(parts: WriterParts, { change }: Step, ended: readonly KnownSecret[]): Promise<void> {
  const { journal, projectId, random } = parts;
  const over = ended.find(({ text }) => text !== undefined);
  if (over?.text !== undefined && change.clientId !== undefined) {
    const milliseconds = await findLateToken(parts, { clientId: change.clientId, secret: over.text });
    if (milliseconds === undefined) return;
    const after = `${milliseconds.toFixed(0)} ms later`;
    throw new Error(`${change.action} was acknowledged, and ${after} secret ${over.id} got a token.`);
  }
  if (random() > 0.3) return;
  const own = [...journal.credentials.values()].filter((each) => each.projectId === projectId);
  const living = own.filter(({ state }) => state === "enabled").at(-1);
  if (living !== undefined) await proveAlive(parts, living);
}

/** Asks where nothing of before may be known any more. @returns after how many milliseconds there was a token still. */
async function findLateToken(
  { site, grace }: WriterParts,
  held: { readonly clientId: string; readonly secret: string },
): Promise<number | undefined> {
  const acknowledgedAt = performance.now();
  for (const milliseconds of [grace.connected, grace.cut]) {
    await sleep(acknowledgedAt + milliseconds - performance.now());
    const sentAt = performance.now();
    if ((await askToken(site, held, writtenScopes[0])).kind !== "token") return undefined;
    if (!grace.wasCutSince(acknowledgedAt)) return sentAt - acknowledgedAt;
  }
  return grace.cut;
}

type ProofParts = Pick<WriterParts, "site" | "store" | "judge">;

/**
 * I1 and I5: each secret whose text is known gets a token, and the token is right.
 * @returns how many were asked for.
 */
export async function proveAlive(
  parts: ProofParts,
  { clientId, secrets, projectId }: KnownCredential,
): Promise<number> {
  const { site, store, judge } = parts;
  const texts = secrets.filter(({ text }) => text !== undefined);
  for (const { id, text = "" } of texts) {
    const answer = await askToken(site, { clientId, secret: text }, writtenScopes[0]);
    if (answer.kind === "refused") throw new Error(`Secret ${id} lives and was refused with ${answer.status}.`);
    if (answer.kind === "no answer") continue;
    const { accountId, endpoint } = store;
    await judge.judge(answer.token, {
      clientId,
      secretId: id,
      accountId,
      projectId,
      endpoint,
      scope: writtenScopes[0],
    });
  }
  return texts.length;
}
