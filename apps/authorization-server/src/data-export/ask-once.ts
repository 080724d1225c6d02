import { isRefusal, type Refusal, refuse } from "@biped/protocol";
import { createUuid } from "../management/uuid.ts";
import type { Asked, Author, Storage } from "../storage/storage.ts";
import type { ProjectView } from "../storage/views.ts";
import { type AskCloud, isOutcomeUnknown, type Question } from "./data-export-client.ts";
import type { ExportTarget } from "./mint-export-token.ts";

export type AskOnceParts = {
  readonly storage: Pick<Storage, "recordAsking" | "endAsking">;
  readonly askCloud: AskCloud;
  readonly randomBytes: (count: number) => Uint8Array;
};

/** As the audit log tells it: no value of any row is in it. */
export type AskedOfCloud = Pick<Asked, "action" | "after"> & { readonly author: Author };

/**
 * Asks for data of a project. The event comes first, as the data are in another store: a crash in between leaves too
 * much in the log, never too little.
 */
export async function askForData<Payload>(
  { storage, askCloud, randomBytes }: AskOnceParts,
  target: ExportTarget,
  { question, ...asked }: AskedOfCloud & { readonly question: Question<Payload> },
): Promise<Payload | Refusal> {
  const refusal = refuseDisabled(target.project);
  if (refusal !== undefined) return refusal;
  // It is read anew each time: there is nothing to be remembered under a key.
  const author = { ...asked.author, idempotency: undefined };
  await storage.recordAsking(describe(target, asked, createUuid(randomBytes)), author);
  return askCloud(target, question);
}

export type Change = AskedOfCloud & {
  readonly question: Question<number | undefined>;
  /** `safe` where asking twice has the effect of asking once. */
  readonly repetition: "safe" | "unsafe";
};

/**
 * R-68 for what a cloud does: under the author's key it is asked for once, and what it answered is kept beside the key.
 * The event comes first here, too.
 * @returns what the cloud answers, or answered the first time.
 */
export async function askOnce(
  { storage, askCloud, randomBytes }: AskOnceParts,
  target: ExportTarget,
  { question, repetition, ...asked }: Change,
): Promise<number | undefined | Refusal> {
  const refusal = refuseDisabled(target.project);
  if (refusal !== undefined) return refusal;
  const { author } = asked;
  const described = describe(target, asked, createUuid(randomBytes));
  const { askingId, outcome } = await storage.recordAsking(described, author);
  if (outcome !== undefined) return outcome.answer ?? undefined;
  if (askingId !== described.askingId && repetition === "unsafe") return refuseRepetition();
  const answer = await askCloud(target, question);
  if (!isRefusal(answer)) await storage.endAsking({ askingId, outcome: { answer: answer ?? null } }, author);
  else if (!isOutcomeUnknown(answer)) await storage.endAsking(undefined, author);
  return answer;
}

function describe({ project }: ExportTarget, { action, after }: AskedOfCloud, askingId: string): Asked {
  return { askingId, action, subject: `project:${project.id}`, accountId: project.accountId, after };
}

/** What is disabled gives out no data, and nothing begins there. */
function refuseDisabled({ state, accountState }: ProjectView): Refusal | undefined {
  if (state === "enabled" && accountState === "enabled") return undefined;
  return refuse("CONFLICT", "The project or its account is disabled.");
}

function refuseRepetition(): Refusal {
  const text = "Nobody knows whether the request before with this Idempotency-Key was carried out. Look at the list.";
  return refuse("CONFLICT", text);
}
