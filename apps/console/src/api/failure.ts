import { ManagementError } from "@biped/management-client";

export type FailureKind =
  | "signed-out"
  | "step-up-required"
  | "second-factor-required"
  | "forbidden"
  | "not-found"
  | "changed-meanwhile"
  | "busy"
  | "unreachable"
  | "refused"
  | "broken"
  | "cancelled";

/** What went wrong, as people read it. */
export type Failure = {
  readonly kind: FailureKind;
  readonly title: string;
  readonly text: string;
  /** For whoever is asked for help: the line in the log has the same. */
  readonly requestId: string | undefined;
  /** Seconds until another try makes sense. */
  readonly waitSeconds: number | undefined;
};

/** The person closed the dialog that asked who they are: nothing was done, and nothing is to be told. */
export class Cancelled extends Error {
  override readonly name = "Cancelled";
}

const titles: Readonly<Record<FailureKind, string>> = {
  "signed-out": "You are signed out",
  "step-up-required": "Prove that it is you",
  "second-factor-required": "A second factor is needed",
  forbidden: "You may not do this",
  "not-found": "Not found",
  "changed-meanwhile": "Somebody changed this meanwhile",
  busy: "The service is busy",
  unreachable: "The service cannot be reached",
  refused: "That did not work",
  broken: "Something broke",
  cancelled: "Cancelled",
};

export function readFailure(error: unknown): Failure {
  if (error instanceof Cancelled) return createFailure("cancelled", "Nothing was changed.");
  if (!(error instanceof ManagementError)) {
    // What `fetch` throws has a text of the browser's own, which helps nobody.
    return createFailure(isUnreachable(error) ? "unreachable" : "broken", explainThrown(error));
  }
  const kind = findKind(error);
  return {
    ...createFailure(kind, explainRefusal(kind, error)),
    requestId: error.requestId,
    waitSeconds: error.retryAfterSeconds,
  };
}

function createFailure(kind: FailureKind, text: string): Failure {
  return {
    kind,
    title: titles[kind],
    text,
    requestId: undefined,
    waitSeconds: undefined,
  };
}

function findKind({ status, members }: ManagementError): FailureKind {
  if (status === 401) return "signed-out";
  if (status === 403 && members.stepUp === "required") return "step-up-required";
  if (status === 403 && members.secondFactor === "required") return "second-factor-required";
  if (status === 403) return "forbidden";
  if (status === 404) return "not-found";
  if (status === 412) return "changed-meanwhile";
  if (status === 429 || status === 503) return "busy";
  return status >= 500 ? "broken" : "refused";
}

function explainRefusal(kind: FailureKind, error: ManagementError): string {
  const wait = error.retryAfterSeconds;
  if (kind === "changed-meanwhile") return "Load it again to see the change, then decide anew.";
  if (kind === "not-found") return "It does not exist, or it belongs to an account that is not yours.";
  if (kind === "busy" && wait !== undefined && wait > 0) return `${error.message} Try again in ${formatWait(wait)}.`;
  return error.message;
}

function explainThrown(error: unknown): string {
  if (isUnreachable(error)) return "Check your connection. What you entered is still here.";
  return "The page met something it did not expect. Load it again; if that does not help, ask whoever runs Biped.";
}

/** `fetch` throws a TypeError without an answer, and a DOMException where it was stopped. */
function isUnreachable(error: unknown): boolean {
  return error instanceof TypeError || (error instanceof DOMException && error.name !== "SyntaxError");
}

function formatWait(seconds: number): string {
  if (seconds < 90) return seconds === 1 ? "1 second" : `${Math.ceil(seconds)} seconds`;
  return `${Math.ceil(seconds / 60)} minutes`;
}

/** Only what may pass by itself, three times at most, and never for longer than a person waits. */
export function isWorthRetrying(failedCount: number, error: unknown): boolean {
  const { kind, waitSeconds } = readFailure(error);
  return failedCount < 3 && (kind === "unreachable" || kind === "busy") && (waitSeconds ?? 0) <= 10;
}

export function findRetryDelayMs(failedCount: number, error: unknown): number {
  const { waitSeconds } = readFailure(error);
  return waitSeconds === undefined ? Math.min(500 * 2 ** failedCount, 8000) : waitSeconds * 1000;
}

/** Whether nobody knows if the change was made: then the same key has to be sent again. */
export function isUndecided(error: unknown): boolean {
  const { kind } = readFailure(error);
  return kind === "unreachable" || kind === "busy" || kind === "broken" || kind === "signed-out";
}
