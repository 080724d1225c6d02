/** What was so at which moment of virtual time, as the store committed it. */

import { type RecordedEvent, readChanges } from "../token-checker.ts";

type Members = Readonly<Record<string, unknown>>;
type Version = { readonly from: number; readonly until: number; readonly members: Members };

/** What a token says of what it stands on. */
export type TokenFacts = {
  readonly clientId: string;
  readonly secretId: string;
  readonly accountId: number;
  readonly projectId: number;
  readonly scopes: readonly string[];
  readonly epochs: { readonly account: number; readonly project: number; readonly credential: number };
  readonly endpoint: string;
  readonly tokenId: string;
  readonly kid: string;
  readonly issuedAtSeconds: number;
};

export type Truth = {
  /** @param at In milliseconds, as all times here. */
  readonly record: (events: readonly RecordedEvent[], at: number) => void;
  readonly read: (subject: string) => Members;
  /** Which of the things that a grant needs was at no moment between the two as the token has it. */
  readonly findUngranted: (token: TokenFacts, between: readonly [from: number, until: number]) => string | undefined;
  /** Since when the token is void; Infinity as long as it is not. */
  readonly findVoidSince: (token: TokenFacts) => number;
};

export function createTruth(): Truth {
  const history = new Map<string, Version[]>();
  const cutOffs: { readonly from: number; readonly before: number }[] = [];
  const versionsOf = (subject: string): readonly Version[] => history.get(subject) ?? [];
  const read = (subject: string): Members => versionsOf(subject).at(-1)?.members ?? {};
  const since = (subject: string, isSo: (members: Members) => boolean): number =>
    versionsOf(subject).find(({ members }) => isSo(members))?.from ?? Number.POSITIVE_INFINITY;
  const record = (event: RecordedEvent, at: number): void => {
    if (event.action === "tokens.revoked-before") cutOffs.push({ from: at, before: Number(event.after.before) });
    for (const { subject, members, without = [] } of readChanges(event)) {
      const versions = history.get(subject) ?? [];
      const last = versions.pop();
      if (last !== undefined) versions.push({ ...last, until: at });
      const kept = Object.entries(last?.members ?? {}).filter(([name]) => !without.includes(name));
      versions.push({
        from: at,
        until: Number.POSITIVE_INFINITY,
        members: { ...Object.fromEntries(kept), ...members },
      });
      history.set(subject, versions);
    }
  };
  return {
    record: (events, at) => {
      for (const event of events) record(event, at);
    },
    read,
    findUngranted: (token, [from, until]) =>
      listNeeds(token).find(([subject, isSo]) => {
        return !versionsOf(subject).some((each) => each.from <= until && from <= each.until && isSo(each.members));
      })?.[0],
    findVoidSince: (token) => {
      const { accountId, projectId, clientId, secretId, tokenId, kid, epochs, issuedAtSeconds } = token;
      return Math.min(
        since(`account:${accountId}`, ({ epoch }) => Number(epoch) > epochs.account),
        since(`project:${projectId}`, ({ epoch }) => Number(epoch) > epochs.project),
        since(`credential:${clientId}`, ({ epoch }) => Number(epoch) > epochs.credential),
        since(`secret:${secretId}`, ({ expiresAt }) => expiresAt === Number.NEGATIVE_INFINITY),
        since(`token:${tokenId}`, () => true),
        since(`signing-key:${kid}`, ({ state }) => state === "gone"),
        ...cutOffs.filter(({ before }) => issuedAtSeconds < before).map(({ from }) => from),
      );
    },
  };
}

type Need = readonly [subject: string, isSo: (members: Members) => boolean];

function listNeeds({ clientId, secretId, accountId, projectId, scopes, epochs, kid }: TokenFacts): readonly Need[] {
  const isEnabledAt =
    (wanted: number) =>
    ({ state, epoch }: Members): boolean =>
      state === "enabled" && epoch === wanted;
  const isGranting = (members: Members): boolean => {
    const owned = members.scopes as readonly string[];
    return isEnabledAt(epochs.credential)(members) && scopes.every((scope) => owned.includes(scope));
  };
  return [
    [`account:${accountId}`, isEnabledAt(epochs.account)],
    [`project:${projectId}`, isEnabledAt(epochs.project)],
    [`credential:${clientId}`, isGranting],
    [`secret:${secretId}`, ({ expiresAt }) => expiresAt !== Number.NEGATIVE_INFINITY],
    [`signing-key:${kid}`, ({ state }) => state === "active"],
  ];
}
