/**
 * M-01: what every access token must be, judged from the token and the rows of the database alone. It shares no code
 * with what issues tokens, so that a mistake there is not made here again.
 */

import { createPublicKey, type JsonWebKey, type KeyObject, verify } from "node:crypto";

type Members = Readonly<Record<string, unknown>>;

/** A row of the audit log. */
export type RecordedEvent = {
  readonly sequence: number;
  readonly at: number;
  readonly action: string;
  readonly subject: string;
  readonly accountId: number | undefined;
  readonly before: Members;
  readonly after: Members;
};

export type RecordedKey = { readonly kid: string; readonly algorithm: string; readonly publicJwk: JsonWebKey };

export type TokenRules = {
  readonly issuer: string;
  readonly exclusiveScopes: readonly string[];
  /** Ids that were met before, to which those of this checker are added. */
  readonly tokenIds: Set<string>;
};

export type TokenChecker = {
  /** What is wrong with the answer of the token endpoint and the token in it; empty if nothing is. */
  readonly check: (answer: string) => readonly string[];
};

/** What is remembered may be this old, and times are whole seconds. */
const graceSeconds = 6;

/** An object as it was from one change to the next. */
type Version = { readonly from: number; readonly until: number; readonly members: Members };
type History = ReadonlyMap<string, readonly Version[]>;

export function createTokenChecker(
  rules: TokenRules,
  facts: { readonly events: readonly RecordedEvent[]; readonly keys: readonly RecordedKey[] },
): TokenChecker {
  const history = recordHistory(facts.events);
  const keys = new Map(facts.keys.map((key) => [key.kid, { ...key, publicKey: importKey(key.publicJwk) }]));
  return {
    check: (answer) => {
      const body = parseJson(answer);
      const token = readToken(String(body?.access_token));
      if (body === undefined || token === undefined) return ["is no token in the form of RFC 7515"];
      return [
        ...findBodyFaults(body, token.claims),
        ...findSignatureFaults(token, { keys, history }),
        ...findFormFaults(token.claims, rules),
        ...findGrantFaults(token.claims, history),
      ];
    },
  };
}

type Token = {
  readonly header: Members;
  readonly claims: Members;
  readonly content: string;
  readonly signature: Buffer;
};

function readToken(text: string): Token | undefined {
  const [head = "", body = "", tail = "", ...rest] = text.split(".");
  const segments = [head, body, tail].map((segment) => Buffer.from(segment, "base64url"));
  const isCanonical = segments.every((bytes, at) => bytes.toString("base64url") === [head, body, tail][at]);
  const [header, claims] = segments.map((bytes) => parseJson(bytes.toString("utf8")));
  const signature = segments[2];
  if (!isCanonical || rest.length > 0 || header === undefined || claims === undefined) return undefined;
  return signature === undefined ? undefined : { header, claims, content: `${head}.${body}`, signature };
}

/** Undefined for anything but one object, written in the one way, so that no member stands in it twice. */
function parseJson(text: string): Members | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject && JSON.stringify(value) === text ? (value as Members) : undefined;
  } catch {
    return undefined;
  }
}

function importKey(jwk: JsonWebKey): KeyObject {
  return createPublicKey({ key: jwk, format: "jwk" });
}

function findBodyFaults(body: Members, claims: Members): readonly string[] {
  const { token_type, expires_in, scope, project_id, endpoint } = body;
  const told = [token_type, expires_in, scope, project_id, endpoint];
  const wanted = ["bearer", 3600, claims.scope, claims.project_id, claims.aud];
  return told.every((value, at) => value === wanted[at]) ? [] : [`the answer says ${told}, the token ${wanted}`];
}

type KeyFacts = {
  readonly keys: ReadonlyMap<string, RecordedKey & { readonly publicKey: KeyObject }>;
  readonly history: History;
};

/** The one digest of each algorithm that may sign, and the type of its keys. */
const algorithms: Readonly<Record<string, { readonly digest: string | null; readonly type: string }>> = {
  RS256: { digest: "sha256", type: "rsa" },
  ES256: { digest: "sha256", type: "ec" },
  Ed25519: { digest: null, type: "ed25519" },
};

function findSignatureFaults({ header, claims, content, signature }: Token, facts: KeyFacts): readonly string[] {
  const { typ, alg, kid } = header;
  const faults = Object.keys(header).sort().join() === "alg,kid,typ" && typ === "at+jwt" ? [] : ["has another header"];
  const key = facts.keys.get(String(kid));
  const algorithm = algorithms[String(alg)];
  if (key === undefined || algorithm === undefined)
    return [...faults, `is signed by ${alg} with the unknown key ${kid}`];
  const isSigning = (members: Members): boolean => members.state === "active" || members.state === "passive";
  if (!wasSo(facts.history, `signing-key:${kid}`, { at: Number(claims.iat), isSo: isSigning })) {
    faults.push("is signed by a key that was not in use");
  }
  const { publicKey } = key;
  if (key.algorithm !== alg || publicKey.asymmetricKeyType !== algorithm.type) return [...faults, "has the wrong alg"];
  const input = { key: publicKey, dsaEncoding: "ieee-p1363" } as const;
  const isSigned = verify(algorithm.digest, Buffer.from(content), input, signature);
  return isSigned ? faults : [...faults, "has a wrong signature"];
}

const claimNames = "account_id,aud,client_id,epochs,exp,iat,iss,jti,project_id,scope,secret_id,sub";

function findFormFaults(claims: Members, { issuer, exclusiveScopes, tokenIds }: TokenRules): readonly string[] {
  const { iss, sub, client_id, exp, iat, jti, scope } = claims;
  const scopes = String(scope).split(" ");
  const id = String(jti);
  const faults = [
    Object.keys(claims).sort().join() !== claimNames && `has the claims ${Object.keys(claims)}`,
    iss !== issuer && `is of the issuer ${iss}`,
    sub !== client_id && `has the subject ${sub}`,
    !(Number.isSafeInteger(iat) && Number(exp) - Number(iat) === 3600) && `lives from ${iat} to ${exp}`,
    !/^[\w-]{21}[AQgw]$/.test(id) && "has an id that is not 128 bits",
    tokenIds.has(id) && "has an id that another one has",
    new Set(scopes).size !== scopes.length && "names a scope twice",
    scopes.length > 1 && scopes.some((name) => exclusiveScopes.includes(name)) && "combines an exclusive scope",
  ];
  tokenIds.add(id);
  return faults.filter((fault) => fault !== false);
}

/** Account, project, credential and secret, as each of them was when the token was issued. */
function findGrantFaults(claims: Members, history: History): readonly string[] {
  const { client_id, project_id, account_id, secret_id, aud, scope } = claims;
  const at = Number(claims.iat);
  const epochs = (claims.epochs ?? {}) as Members;
  const isEndpoint = (members: Members): boolean => members.endpoint === aud;
  const isAlive = ({ expiresAt }: Members): boolean => expiresAt === undefined || Number(expiresAt) > at - graceSeconds;
  const wanted: readonly (readonly [subject: string, isSo: (members: Members) => boolean])[] = [
    [`account:${account_id}`, ({ state, epoch }) => state === "enabled" && epoch === epochs.account],
    [
      `project:${project_id}`,
      ({ state, epoch, accountId, cloud }) =>
        state === "enabled" &&
        epoch === epochs.project &&
        accountId === account_id &&
        wasSo(history, `cloud:${cloud}`, { at, isSo: isEndpoint }),
    ],
    [
      `credential:${client_id}`,
      (members) =>
        members.state === "enabled" &&
        members.epoch === epochs.credential &&
        members.accountId === account_id &&
        (members.projectId === undefined || members.projectId === project_id) &&
        String(scope)
          .split(" ")
          .every((name) => (members.scopes as readonly string[]).includes(name)) &&
        isAlive(members),
    ],
    [`secret:${secret_id}`, (members) => members.clientId === client_id && isAlive(members)],
  ];
  return wanted
    .filter(([subject, isSo]) => !wasSo(history, subject, { at, isSo }))
    .map(([subject]) => `says of ${subject} what was not so (epochs ${JSON.stringify(epochs)}, scope ${scope})`);
}

type Moment = { readonly at: number; readonly isSo: (members: Members) => boolean };

function wasSo(history: History, subject: string, { at, isSo }: Moment): boolean {
  const versions = history.get(subject) ?? [];
  return versions.some(({ from, until, members }) => from <= at + 1 && at - graceSeconds <= until && isSo(members));
}

/**
 * Whichever way a clock was moved: an object was as a change made it from the earliest time that the change or one
 * after it has, until the latest time that the next change of it or one before that has.
 */
function recordHistory(events: readonly RecordedEvent[]): History {
  const earliest: number[] = [];
  for (let at = events.length - 1; at >= 0; at -= 1) {
    earliest[at] = Math.min(events[at]?.at ?? 0, earliest[at + 1] ?? Number.POSITIVE_INFINITY);
  }
  const history = new Map<string, Version[]>();
  let latest = Number.NEGATIVE_INFINITY;
  for (const [index, event] of events.entries()) {
    latest = Math.max(latest, event.at);
    const changes = event.action === "store.restored" ? raiseAll(history) : readChanges(event);
    for (const { subject, members, without = [] } of changes) {
      const versions = history.get(subject) ?? [];
      const last = versions.pop();
      if (last !== undefined) versions.push({ ...last, until: latest });
      const kept = Object.entries(last?.members ?? {}).filter(([name]) => !without.includes(name));
      const next = { ...Object.fromEntries(kept), ...members };
      versions.push({ from: earliest[index] ?? event.at, until: Number.POSITIVE_INFINITY, members: next });
      history.set(subject, versions);
    }
  }
  return history;
}

type Change = { readonly subject: string; readonly members: Members; readonly without?: readonly string[] };

/** What was restored from a backup: every epoch goes up by so much, and no key of before is left. */
const restoredStep = 1_000_000;

function raiseAll(history: History): readonly Change[] {
  return [...history].flatMap(([subject, versions]): readonly Change[] => {
    const epoch = versions.at(-1)?.members.epoch;
    if (subject.startsWith("signing-key:")) return [{ subject, members: { state: "gone" } }];
    return typeof epoch === "number" ? [{ subject, members: { epoch: epoch + restoredStep } }] : [];
  });
}

/** A secret that is over has ended before all time. */
const over = { expiresAt: Number.NEGATIVE_INFINITY };

/** What an event says of each object: what it is from now on, and which members it has no more. */
export function readChanges({ action, subject, accountId, before, after }: RecordedEvent): readonly Change[] {
  const clientId = after.clientId ?? before.clientId;
  const ownEnd = (end: unknown): Members => (end === undefined ? {} : { expiresAt: end });
  const ended = (ids: readonly unknown[]): readonly Change[] =>
    ids.map((id) => ({ subject: `secret:${id}`, members: over }));
  const former: readonly Change[] =
    after.formerId === undefined
      ? []
      : [{ subject: `secret:${after.formerId}`, members: ownEnd(after.formerExpiresAt), without: ["expiresAt"] }];
  const without = Object.keys(before).filter((name) => !(name in after));
  if (action === "credential.created") {
    const secret = { clientId: subject.slice("credential:".length), ...ownEnd(after.secretExpiresAt) };
    return [
      { subject, members: { ...after, accountId } },
      { subject: `secret:${after.secretId}`, members: secret },
    ];
  }
  if (action === "credential.deleted") {
    return [{ subject, members: after }, ...ended((before.secretIds ?? []) as readonly unknown[])];
  }
  if (action === "secret.rotated") {
    const replaced = before.replacedId === undefined ? [] : ended([before.replacedId]);
    return [...replaced, ...former, { subject, members: { clientId, ...ownEnd(after.expiresAt) } }];
  }
  if (action === "secret.retired") return [{ subject, members: over }];
  if (action === "secret.rotation-cancelled") return [{ subject, members: over }, ...former];
  if (subject.startsWith("signing-key:")) return readKeyChanges({ subject, before, after });
  return [{ subject, members: accountId === undefined ? after : { ...after, accountId }, without }];
}

/** A promotion names the former key, and a compromise the one that takes its place. */
function readKeyChanges({ subject, after }: Pick<RecordedEvent, "subject" | "before" | "after">): readonly Change[] {
  const { state, formerKid, formerState, replacementKid } = after;
  return [
    { subject, members: { state } },
    ...(formerKid === undefined ? [] : [{ subject: `signing-key:${formerKid}`, members: { state: formerState } }]),
    ...(replacementKid === undefined
      ? []
      : [{ subject: `signing-key:${replacementKid}`, members: { state: "active" } }]),
  ];
}
