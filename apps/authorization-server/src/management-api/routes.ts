import type { Answer, Endpoint, HttpRequest, Routes } from "@biped/listener";
import { type Operation, type OperationName, operations } from "@biped/management-client/contract";
import { isRefusal, type Refusal, refuse } from "@biped/protocol";
import { type Caller, formatActor } from "../administrators/caller.ts";
import { IdempotencyMismatch } from "../storage/storage.ts";
import { refuseMeans, refuseProof, refuseRole } from "./access.ts";
import { readAuthor } from "./author.ts";
import { findTarget, noTarget, type TargetStorage } from "./find-target.ts";
import type { Handlers, ManagementRequest, Target } from "./handlers.ts";
import { notFound } from "./not-found.ts";
import { readInput, readParams } from "./read-input.ts";
import { type ReplayStorage, replayDeletion } from "./replay-deletion.ts";

export type ManagementRouteParts = {
  readonly handlers: Handlers;
  readonly identifyCaller: (request: HttpRequest, isChange: boolean) => Promise<Caller | Refusal>;
  readonly storage: TargetStorage & ReplayStorage;
  readonly nowSeconds: () => number;
};

/** What the contract lists is served, and nothing else. */
export function createManagementRoutes(parts: ManagementRouteParts): Routes {
  const routes: Record<string, Routes[string]> = {};
  for (const name of Object.keys(operations).filter(isOperationName)) {
    const [method = "", path = ""] = name.split(" ");
    routes[path] = { ...routes[path], [method]: refuseMismatch(createEndpoint(name, parts)) };
  }
  return routes;
}

function isOperationName(text: string): text is OperationName {
  return Object.hasOwn(operations, text);
}

/** Who asks, and whether they may, is settled before how they ask: a malformed request tells a stranger nothing. */
function createEndpoint<Name extends OperationName>(name: Name, parts: ManagementRouteParts): Endpoint {
  const operation: Operation = operations[name];
  return async (http) => {
    // Who asks
    const caller = await identify(name, parts, http);
    if (isRefusal(caller)) return caller;
    const actor = caller === undefined ? "system" : formatActor(caller);
    const at = parts.nowSeconds();
    const author = readAuthor(http, operation.noun, { at, actor });
    const dated = { date: formatHttpDate(at) };

    // What for, and whether they may
    const params = readParams(operation.params, http.params);
    const target = await findAllowedTarget(name, { caller, params }, parts.storage);
    if (target === undefined) {
      const isDeleted = await replayDeletion(name, { params, author }, parts.storage);
      return isDeleted ? { status: 204, body: undefined, headers: dated } : notFound;
    }
    if (isRefusal(target)) return target;

    // How
    if (isRefusal(author)) return author;
    const input = readInput(operation, http);
    if (isRefusal(input)) return input;

    // Act and answer
    const request = { ...input, params, caller, target, author, http };
    if (!isRequestOf(name, request)) throw new Error(`${name} was asked for by nobody.`);
    const outcome = await parts.handlers[name](request);
    if (isRefusal(outcome)) return outcome;
    return formatAnswer(operation, target, { ...outcome, headers: { ...dated, ...outcome.headers } });
  };
}

/** RFC 9110 §6.6.1, by the clock that the times in the answer are of: the sandbox's can be ahead of the machine's. */
function formatHttpDate(seconds: number): string {
  return new Date(seconds * 1000).toUTCString();
}

/** Undefined for what anybody may: there the handlers look for whatever session they need. */
async function identify(
  name: OperationName,
  { identifyCaller }: Pick<ManagementRouteParts, "identifyCaller">,
  http: HttpRequest,
): Promise<Caller | Refusal | undefined> {
  return operations[name].access === "anybody" ? undefined : identifyCaller(http, isChange(name));
}

function isChange(name: OperationName): boolean {
  return !name.startsWith("GET ");
}

/** Undefined where the path names nothing within the caller's reach; a refusal where the caller may not. */
async function findAllowedTarget(
  name: OperationName,
  { caller, params }: { readonly caller: Caller | undefined; readonly params: unknown },
  storage: TargetStorage,
): Promise<Target | Refusal | undefined> {
  const operation: Operation = operations[name];
  if (caller === undefined) return params === undefined ? undefined : noTarget;
  const byMeans = refuseMeans(operation, isChange(name), caller);
  if (byMeans !== undefined) return byMeans;
  const target = await findTarget(storage, caller, params);
  if (target === undefined) return undefined;
  return refuseRole(operation, target.accountId, caller) ?? refuseProof(operation, caller) ?? target;
}

type ReadRequest = Pick<ManagementRequest<OperationName>, "target" | "author" | "http"> &
  Readonly<Record<"params" | "query" | "body", unknown>> & { readonly caller: Caller | undefined };

/** The operation's own schemas made the values, which the compiler cannot follow through the table. */
function isRequestOf<Name extends OperationName>(
  name: Name,
  request: ReadRequest,
): request is ReadRequest & ManagementRequest<Name> {
  return request.caller !== undefined || operations[name].access === "anybody";
}

type Outcome = Pick<Answer, "headers" | "log"> & { readonly body: unknown; readonly text?: Required<Answer>["text"] };

function formatAnswer({ status }: Operation, { accountId, project, credential }: Target, outcome: Outcome): Answer {
  const { body, text, headers, log } = outcome;
  const version = findVersion(body);
  return {
    status,
    body: typeof body === "object" && body !== null ? body : undefined,
    ...(text === undefined ? {} : { text }),
    headers: { ...(version === undefined ? {} : { etag: `"${version}"` }), ...headers },
    log: {
      ...(accountId === undefined ? {} : { accountId }),
      ...(project === undefined ? {} : { projectId: project.id }),
      ...(credential === undefined ? {} : { clientId: credential.clientId }),
      ...log,
    },
  };
}

/** Of the object that is answered, or of the one beside a secret or an invitation. */
function findVersion(body: unknown): number | undefined {
  if (typeof body !== "object" || body === null) return undefined;
  if ("version" in body && typeof body.version === "number") return body.version;
  if ("credential" in body) return findVersion(body.credential);
  return "administrator" in body && "invitationUrl" in body ? findVersion(body.administrator) : undefined;
}

function refuseMismatch(endpoint: Endpoint): Endpoint {
  return async (request) => {
    try {
      return await endpoint(request);
    } catch (error) {
      if (!(error instanceof IdempotencyMismatch)) throw error;
      return refuse("IDEMPOTENCY_MISMATCH", "This Idempotency-Key was used before, for another request.");
    }
  };
}
