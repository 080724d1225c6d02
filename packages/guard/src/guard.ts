import { type Footing, isRefusal, parseBearer, type Refusal } from "@biped/protocol";
import { createClaimsCache } from "./claims-cache.ts";
import {
  type GuardDocument,
  type GuardEvent,
  type GuardOptions,
  type GuardSettings,
  readGuardOptions,
} from "./guard-options.ts";
import { type IssuerMetadata, parseIssuerMetadata } from "./issuer-metadata.ts";
import { type KeySet, parseKeySet } from "./key-set.ts";
import { createRemoteDocument } from "./remote-document.ts";
import { checkRequirement, type Requirement } from "./requirement.ts";
import { createRevocations, type RevocationStatus, type Revocations, unfollowed } from "./revocations.ts";
import { type AccessToken, readFooting, type Trust, verifyToken } from "./verification.ts";
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
  /** What an accepted token stands on, to be kept with what it was given. @throws TypeError for any other claims. */
  readonly footing: (token: AccessToken) => Footing;
  /** The refusal that a token of this footing would get now, if any: for a link and the like that was handed out. */
  readonly checkFooting: (footing: Footing) => Promise<Refusal | undefined>;
  /** What is known of revocations, and how old that is. */
  readonly revocations: () => RevocationStatus;
  /** Projects that are disabled, themselves or with their account: for work that goes on without a token. */
  readonly disabledProjects: () => Promise<ReadonlySet<number>>;
  /** Fetches the keys if there are none yet. False: not to be had now, and every token would be answered 503. */
  readonly ready: () => Promise<boolean>;
  /** Ends what is in flight; nothing further is asked. */
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
    footing: (token) => readFooting(token, trust),
    async checkFooting(footing) {
      const refusal = await trust.revocations?.check(() => footing);
      if (refusal !== undefined) tell(refusal);
      return refusal;
    },
    revocations: () => trust.revocations?.status() ?? unfollowed,
    disabledProjects: async () => (await trust.revocations?.disabledProjects()) ?? new Set(),
    async ready() {
      const keys = trust.keySet.current() ?? trust.keySet.refresh();
      return (await trust.revocations?.isReady()) !== false && (await keys) !== undefined;
    },
    close() {
      trust.keySet.close();
      trust.metadata.close();
      trust.revocations?.close();
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
  const { issuer, endpoint, clockToleranceSeconds, nowSeconds } = settings;
  const onIgnoredKey = (reason: string): void => report({ kind: "key-ignored", reason });
  const rules = { ...settings, verifier, onIgnoredKey };
  const keySet = createRemoteDocument<KeySet>({
    ...settings,
    url: settings.keySetUrl,
    parse: (text, previous) => parseKeySet(text, previous, rules),
    ...reportOn("key set", report),
  });
  const metadata = createRemoteDocument<IssuerMetadata>({
    ...settings,
    url: settings.metadataUrl,
    parse: (text, previous) => parseIssuerMetadata(text, previous, rules),
    ...reportOn("metadata", report),
  });
  const revocations = followRevocations({ verifier, keySet, metadata }, settings, report);
  const cache = settings.maxCacheEntries > 0 ? createClaimsCache(settings.maxCacheEntries) : undefined;
  const documents = { keySet, metadata, revocations, cache, kids: new WeakMap<AccessToken, string>() };
  return { issuer, endpoint, clockToleranceSeconds, nowSeconds, verifier, ...documents };
}

type FollowParts = Pick<Trust, "verifier" | "keySet" | "metadata">;

function followRevocations(parts: FollowParts, settings: GuardSettings, report: Report): Revocations | undefined {
  const { revocations: rules } = settings;
  if (rules === "off") return undefined;
  const { onLoaded: onFollowed, onFailed } = reportOn("revocations", report);
  const revocations = createRevocations({
    ...settings,
    source: { ...settings, ...parts },
    rules,
    onFollowed,
    onFailed,
    onKeys(kids) {
      const known = parts.keySet.current();
      const askedAt = parts.keySet.answerAskedAt();
      if (known !== undefined && kids.some((kid) => !known.keys.has(kid) && revocations.isNewKey(kid, askedAt))) {
        void parts.keySet.hurry();
      }
    },
  });
  return revocations;
}

function reportOn(document: GuardDocument, report: Report) {
  return {
    onLoaded: () => report({ kind: "document-loaded", document }),
    onFailed: (reason: string) => report({ kind: "document-failed", document, reason }),
  };
}
