import type { Client, SecretInformation } from "@biped/client";
import { describeError } from "../error-report.ts";
import { exitCodes } from "../exit-codes.ts";
import { formatDuration, formatRelative } from "../terminal/format-time.ts";
import { describeFailure, parseAuthUrl } from "../token/issuer.ts";
import type { CredentialFacts } from "../whoami/credential-facts.ts";
import type { Finding } from "./finding.ts";

/** The single examinations. Each returns what it found, and throws for an interruption alone. */

export type ExaminationParts = {
  readonly fetch: typeof globalThis.fetch;
  readonly signal: AbortSignal;
  readonly nowMilliseconds: () => number;
};

const timeoutMilliseconds = 10_000;
const warningSkewSeconds = 30;
const failingSkewSeconds = 300;
/** As the node itself takes it: below that it changes nothing. */
const nodeSkewSeconds = 2;
const warningSecretDays = 30;
const dayMilliseconds = 86_400_000;

/** Any answer counts: a service without metadata says 404, and is there. */
export async function examineService(authUrl: string, parts: ExaminationParts): Promise<Finding[]> {
  const url = new URL("/.well-known/oauth-authorization-server", parseAuthUrl(authUrl));
  const startedAt = parts.nowMilliseconds();
  const reached = await knock(url, parts);
  if ("failure" in reached) {
    const message = `${url.origin} cannot be reached: ${reached.failure}`;
    const next = "Check --auth-url, the network, and whether a proxy is needed (NODE_USE_ENV_PROXY=1).";
    return [{ name: "service", verdict: "failed", message, next, exitCode: exitCodes.unreachable }];
  }
  const milliseconds = parts.nowMilliseconds() - startedAt;
  const service: Finding = {
    name: "service",
    verdict: "passed",
    message: `${url.origin} answers in ${milliseconds} ms`,
    milliseconds,
  };
  const clock = examineClock(reached.date, parts.nowMilliseconds());
  return [service, ...clock, ...(reached.status === 200 ? await examineNodeClock(url.origin, parts) : [])];
}

/** What an authorization server of ours tells of its own clock. It goes by the store's, so that tokens are right. */
async function examineNodeClock(origin: string, parts: ExaminationParts): Promise<Finding[]> {
  const asked = await ask(new URL("/readyz", origin), parts);
  const offsetSeconds = "failure" in asked ? undefined : readOffset(await asked.json().catch(() => undefined));
  if (offsetSeconds === undefined || Math.abs(offsetSeconds) <= nodeSkewSeconds) return [];
  const where = `${formatDuration(Math.abs(offsetSeconds))} ${offsetSeconds > 0 ? "behind" : "ahead of"}`;
  const message = `the clock of the node that answered is ${where} its store's`;
  const next = "Ask the service's operator to set that machine's clock by NTP. Until then the store's clock is used.";
  return [{ name: "node clock", verdict: "warning", message, next }];
}

function readOffset(body: unknown): number | undefined {
  const checks = readMember(body, "checks");
  const offset = readMember(readMember(checks, "clock"), "offsetSeconds");
  return typeof offset === "number" ? offset : undefined;
}

function readMember(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? new Map<string, unknown>(Object.entries(value)).get(name)
    : undefined;
}

/** RFC 9110 §6.6.1: whole seconds, so that one more or less says nothing. */
function examineClock(date: string | null, nowMilliseconds: number): Finding[] {
  const served = Date.parse(date ?? "");
  if (Number.isNaN(served)) return [];
  const skewSeconds = Math.round((nowMilliseconds - served) / 1000);
  const size = Math.abs(skewSeconds);
  if (size < warningSkewSeconds) {
    return [{ name: "clock", verdict: "passed", message: size <= 1 ? "agrees with the service's" : `${size} s apart` }];
  }
  const message = `this machine's is ${formatDuration(size)} ${skewSeconds > 0 ? "ahead of" : "behind"} the service's`;
  const next = "Set the clock of this machine by NTP.";
  return [{ name: "clock", verdict: size >= failingSkewSeconds ? "failed" : "warning", message, next }];
}

export function describeCredential({ name, level, scopes, projects }: CredentialFacts): Finding {
  const count = projects.length;
  const who = [name, level === undefined ? undefined : `${level} level`]
    .filter((part) => part !== undefined)
    .join(", ");
  const message = `accepted${who === "" ? "" : ` (${who})`}; ${count} project${count === 1 ? "" : "s"}; scopes ${scopes || "none"}`;
  if (count > 0 && scopes !== "") return { name: "credential", verdict: "passed", message };
  const next = "Ask an administrator to give it projects and scopes.";
  return { name: "credential", verdict: "warning", message, next };
}

/** The secret in use; the others are those of somebody else, or on their way out. */
export function examineSecret(secrets: readonly SecretInformation[], nowMilliseconds: number): Finding[] {
  const used = secrets.find(({ current }) => current);
  if (used === undefined) return [];
  if (used.expires_at === null) return [{ name: "secret", verdict: "passed", message: "never expires" }];
  const end = Date.parse(used.expires_at);
  const when = formatRelative(end, nowMilliseconds);
  const next = "Have a new secret made, and log in with it: biped login";
  if (end <= nowMilliseconds) return [{ name: "secret", verdict: "failed", message: `expired ${when}`, next }];
  const isSoon = end - nowMilliseconds < warningSecretDays * dayMilliseconds;
  if (isSoon) return [{ name: "secret", verdict: "warning", message: `expires ${when}`, next }];
  return [{ name: "secret", verdict: "passed", message: `expires ${when}` }];
}

/** A token for the project, and an answer of its cloud. */
export async function examineProject(
  client: Client,
  { id, canExport }: { readonly id: number; readonly canExport: boolean },
  parts: ExaminationParts,
): Promise<Finding> {
  const name = `project ${id}`;
  const { signal } = parts;
  const startedAt = parts.nowMilliseconds();
  try {
    const project = client.forProject(id);
    const { endpoint } = await project.token({ signal });
    const failure = canExport
      ? judgeAnswer((await project.fetch("/v1/exports?limit=1", { signal })).status)
      : judgeKnock(await knock(new URL(endpoint), parts));
    const milliseconds = parts.nowMilliseconds() - startedAt;
    if (failure !== undefined)
      return { name, project: id, verdict: "failed", ...failure, message: `${endpoint} ${failure.message}` };
    const message = `token, and an answer of ${endpoint} in ${milliseconds} ms`;
    return { name, project: id, verdict: "passed", message, milliseconds };
  } catch (error) {
    signal.throwIfAborted();
    const { message, next, exitCode, code } = describeError(error);
    return { name, project: id, verdict: "failed", message: `${message.replace(/\.$/, "")} (${code})`, next, exitCode };
  }
}

type Failure = Pick<Finding, "message" | "next" | "exitCode">;

/** Whatever the API thinks of the question, the token was good there. */
function judgeAnswer(status: number): Failure | undefined {
  if (status === 401 || status === 421) {
    const next = "The cloud does not accept tokens of this service. Ask its operator about keys and clock.";
    return { message: `refuses the token (${status})`, next, exitCode: exitCodes.refused };
  }
  if (status < 500) return undefined;
  return { message: `answers ${status}`, next: "Try again later.", exitCode: exitCodes.unreachable };
}

function judgeKnock(reached: Knocked): Failure | undefined {
  if (!("failure" in reached)) return undefined;
  const next = "Check the network, and whether a firewall lets this machine reach that cloud.";
  return { message: `cannot be reached: ${reached.failure}`, next, exitCode: exitCodes.unreachable };
}

type Failed = { readonly failure: string };
type Knocked = { readonly date: string | null; readonly status: number } | Failed;

async function knock(url: URL, parts: ExaminationParts): Promise<Knocked> {
  const answer = await ask(url, parts);
  if ("failure" in answer) return answer;
  await answer.body?.cancel();
  return { date: answer.headers.get("date"), status: answer.status };
}

async function ask(url: URL, { fetch, signal }: ExaminationParts): Promise<Response | Failed> {
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMilliseconds)]);
    return await fetch(url, { redirect: "manual", signal: limit });
  } catch (error) {
    signal.throwIfAborted();
    return { failure: describeFailure(error) };
  }
}
