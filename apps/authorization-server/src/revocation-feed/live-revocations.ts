import { type Epoch, type Mark, markCredential, markKey, markSecret, markToken } from "@biped/protocol";
import type { AuditEvent } from "../storage/storage.ts";
import { type Revocation, readRevocation, splitSubject } from "./read-revocation.ts";

/** What the followers of the feed are told. Names of clouds stand for their endpoints, which may change. */
export type Told = {
  readonly notBefore: number;
  readonly moved: readonly (readonly [projectId: number, cloud: string])[];
  readonly accounts: readonly Epoch[];
  readonly projects: readonly Epoch[];
  readonly marks: readonly Mark[];
};

export type LiveRevocations = {
  readonly add: (event: AuditEvent) => void;
  /** Tokens that were issued before this epoch second are void; 0 if none are. */
  readonly notBefore: () => number;
  /** Of the changes after `after`; but `notBefore` and `moved` are always whole. */
  readonly collect: (after: number) => Told;
  /** The sequence after which there are just so many; 0 where there are no more in all. */
  readonly sequenceBefore: (count: number) => number;
  /** Drops what happened at `since` or before. */
  readonly dropUntil: (since: number) => void;
  readonly count: () => number;
};

type Live<Value> = { readonly at: number; readonly value: Value };

/** In memory: all of it stands in the audit log. */
export function createLiveRevocations(): LiveRevocations {
  let revocations: (Live<Revocation> & { readonly sequence: number })[] = [];
  let cutOffs: Live<number>[] = [];
  const moved = new Map<number, Live<string>>();
  // The latest of them all: none hides another (C-06).
  const notBefore = (): number => (cutOffs.length === 0 ? 0 : Math.max(...cutOffs.map(({ value }) => value)));
  return {
    notBefore,
    add: ({ sequence, at, ...change }) => {
      const { id } = splitSubject(change.subject);
      const revocation = readRevocation(change);
      if (revocation !== undefined) revocations.push({ sequence, at, value: revocation });
      if (revocation?.kind === "everything") cutOffs.push({ at, value: revocation.before });
      if (change.action === "project.moved") moved.set(Number(id), { at, value: String(change.after?.cloud) });
    },
    collect: (after) => ({
      notBefore: notBefore(),
      moved: [...moved].map(([id, { value }]) => [id, value] as const),
      ...collect(revocations.filter(({ sequence }) => sequence > after).map(({ value }) => value)),
    }),
    sequenceBefore: (count) => revocations.at(-count - 1)?.sequence ?? 0,
    dropUntil: (since) => {
      // Most of the time nothing is due, which the oldest one tells.
      if (revocations[0] !== undefined && revocations[0].at <= since) {
        revocations = revocations.filter(({ at }) => at > since);
        cutOffs = cutOffs.filter(({ at }) => at > since);
      }
      for (const [id, { at }] of moved) if (at <= since) moved.delete(id);
    },
    count: () => revocations.length,
  };
}

function collect(revocations: readonly Revocation[]): Pick<Told, "accounts" | "projects" | "marks"> {
  return {
    accounts: collectEpochs(revocations, "account"),
    projects: collectEpochs(revocations, "project"),
    marks: revocations.flatMap(markRevocation),
  };
}

/** The highest epoch of each, in whichever order they come (C-06). */
function collectEpochs(revocations: readonly Revocation[], kind: "account" | "project"): readonly Epoch[] {
  const epochs = new Map<number, number>();
  for (const revocation of revocations) {
    if (revocation.kind !== kind) continue;
    epochs.set(revocation.id, Math.max(revocation.epoch, epochs.get(revocation.id) ?? 0));
  }
  return [...epochs];
}

function markRevocation(revocation: Revocation): readonly Mark[] {
  if (revocation.kind === "credential") return [markCredential(revocation.clientId, revocation.epoch)];
  if (revocation.kind === "secret") return [markSecret(revocation.secretId)];
  if (revocation.kind === "token") return [markToken(revocation.tokenId)];
  if (revocation.kind === "signing-key") return [markKey(revocation.kid)];
  return [];
}
