import { isRefusal, parseBearer, type Refusal } from "@biped/protocol";
import { createClaimsCache } from "./claims-cache.ts";
import { parseCloudEndpoints } from "./cloud-endpoints.ts";
import { type GuardEvent, type GuardOptions, type GuardSettings, readGuardOptions } from "./guard-options.ts";
import { type KeySet, parseKeySet } from "./key-set.ts";
import { createRemoteDocument, type RemoteDocument } from "./remote-document.ts";
import { checkRequirement, type Requirement } from "./requirement.ts";
import { type AccessToken, type Trust, verifyToken } from "./verification.ts";
import { andThen, type Verifier } from "./verifier.ts";

/** The parts of a request that carry a token, or try to. */
export type TokenRequest = {
  /** The values of every Authorization header field. */
  readonly authorization: readonly string[];
  /** The query of the URL without its question mark. */
  readonly query: string;
};

export type Guard = {
  /** Whether the token is one of this issuer for this endpoint. It says nothing about scopes. */
  readonly verify: (token: string) => Promise<AccessToken | Refusal>;
  /** Whether the request carries such a token, with the scopes and the project that the resource requires. */
  readonly authorize: (request: TokenRequest, requirement: Requirement) => Promise<AccessToken | Refusal>;
  /** Fetches the keys if there are none yet. False: not to be had now, and every token would be answered 503. */
  readonly ready: () => Promise<boolean>;
  /** Ends a fetch in flight; no further one begins. */
  readonly close: () => void;
};

export function createGuardOn(verifier: Verifier, options: GuardOptions): Guard {
  const settings = readGuardOptions(options);
  const report = createReport(settings.onEvent);
  const trust = createTrust(verifier, settings, report);

  const tell = (outcome: AccessToken | Refusal): AccessToken | Refusal => {
    if (isRefusal(outcome)) report({ kind: "refused", errorCode: outcome.code, reason: outcome.reason });
    return outcome;
  };

  return {
    async verify(token) {
      return andThen(verifyToken(token, trust), tell);
    },
    async authorize({ authorization, query }, requirement) {
      const token = parseBearer(authorization, query);
      if (isRefusal(token)) return tell(token);
      return andThen(verifyToken(token, trust), (outcome) =>
        tell(isRefusal(outcome) ? outcome : checkRequirement(outcome, requirement, settings.scopes)),
      );
    },
    async ready() {
      return (trust.keySet.current() ?? (await trust.keySet.refresh())) !== undefined;
    },
    close() {
      trust.keySet.close();
      trust.cloudEndpoints.close();
    },
  };
}

type Report = (event: GuardEvent) => void;

/** What listens must not decide: a listener that throws changes no answer. */
function createReport(onEvent: Report): Report {
  return (event) => {
    try {
      onEvent(event);
    } catch {
      // There is nobody left to tell.
    }
  };
}

function createTrust(verifier: Verifier, settings: GuardSettings, report: Report): Trust {
  return {
    issuer: settings.issuer,
    endpoint: settings.endpoint,
    clockToleranceSeconds: settings.clockToleranceSeconds,
    nowSeconds: settings.nowSeconds,
    verifier,
    keySet: createKeySet(verifier, settings, report),
    cloudEndpoints: createRemoteDocument({
      ...settings,
      url: settings.metadataUrl,
      parse: (text) => parseCloudEndpoints(text, settings.issuer),
      ...reportOn("metadata", report),
    }),
    cache: settings.maxCacheEntries > 0 ? createClaimsCache(settings.maxCacheEntries) : undefined,
  };
}

function createKeySet(verifier: Verifier, settings: GuardSettings, report: Report): RemoteDocument<KeySet> {
  const onIgnoredKey = (reason: string): void => report({ kind: "key-ignored", reason });
  return createRemoteDocument<KeySet>({
    ...settings,
    url: settings.keySetUrl,
    parse: (text, previous) => parseKeySet(text, previous, { algorithms: settings.algorithms, verifier, onIgnoredKey }),
    ...reportOn("key set", report),
  });
}

function reportOn(document: "key set" | "metadata", report: Report) {
  return {
    onLoaded: () => report({ kind: "document-loaded", document }),
    onFailed: (reason: string) => report({ kind: "document-failed", document, reason }),
  };
}
