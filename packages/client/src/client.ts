import { callAuthorized, callForPayload } from "./authorized-call.ts";
import { type ClientCore, createClientCore } from "./client-core.ts";
import type { ClientOptions } from "./client-options.ts";
import { createDataExport, type DataExport } from "./data-export.ts";
import { readPositive, readScope } from "./read-options.ts";
import type { Target } from "./read-token.ts";
import type { Token } from "./token-store.ts";
import type { CredentialsInformation } from "./wire.ts";

export type CallOptions = Omit<RequestInit, "signal"> & {
  readonly signal?: AbortSignal | null | undefined;
  /** For one attempt until its answer begins, in milliseconds. */
  readonly timeoutMilliseconds?: number | undefined;
};

export type WaitOptions = { readonly signal?: AbortSignal | undefined };

/** One credential, one set of scopes, and at most one project. Made by `createClient`. */
export type Client = {
  /**
   * Calls an API at the token's endpoint. `path` begins with a slash. Answers are returned as they are, refusals too.
   * @throws {ClientError} no token, or no answer.
   */
  readonly fetch: (path: string, options?: CallOptions) => Promise<Response>;
  /** The token in use; from memory while it is fresh. */
  readonly token: (options?: WaitOptions) => Promise<Token>;
  /** Scopes and projects of the credential (`POST /v1/oauth/me`). */
  readonly information: (options?: WaitOptions) => Promise<CredentialsInformation>;
  /** The same credential for one project of its account. Tokens are kept once per project and set of scopes. */
  readonly forProject: (projectId: number) => Client;
  /** The same credential for another set of scopes. */
  readonly withScope: (scope: string | readonly string[]) => Client;
  /** The Data Export API. */
  readonly exports: DataExport;
};

/**
 * A client for one credential. Nothing is sent before the first call.
 * @throws {TypeError} an option is wrong; the message names it.
 */
export function createClient(options: ClientOptions): Client {
  const scope = readScope(options.scope);
  const projectId = options.projectId === undefined ? undefined : readPositive("projectId", options.projectId);
  return createClientFor(createClientCore(options), { scope, projectId });
}

function createClientFor(core: ClientCore, target: Target): Client {
  const keeper = core.findKeeper(target);
  const parts = { ...core, keeper };
  return {
    fetch: (path, options) => callAuthorized(parts, path, options),
    token: (options) => keeper.find(options?.signal),
    information: (options) => core.requestInformation(options?.signal),
    forProject: (projectId) => createClientFor(core, { ...target, projectId: readPositive("projectId", projectId) }),
    withScope: (scope) => createClientFor(core, { ...target, scope: readScope(scope) }),
    exports: createDataExport({ ...core, call: (path, options) => callForPayload(parts, path, options) }),
  };
}
