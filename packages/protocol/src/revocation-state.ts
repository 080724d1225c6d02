/** What a follower of the revocation feed knows, and how it judges a token by it. */

import type { RevocationDocument } from "./revocation-feed.ts";
import type { Footing, Mark } from "./revocation-marks.ts";

export type RevocationState = {
  readonly sequence: number;
  readonly notBefore: number;
  readonly keyIds: readonly string[];
  /** By id, the epoch that tokens must have reached. */
  readonly accounts: ReadonlyMap<number, number>;
  readonly projects: ReadonlyMap<number, number>;
  readonly moved: ReadonlyMap<number, string>;
  readonly disabled: ReadonlySet<number>;
  readonly marks: ReadonlySet<Mark>;
};

/**
 * The state after a document. Undefined where the document goes on from a state that the follower does not have: it
 * then asks for the whole.
 */
export function followRevocations(
  former: RevocationState | undefined,
  document: RevocationDocument,
): RevocationState | undefined {
  const { sequence, notBefore, keyIds } = document;
  const base = document.after === 0 ? undefined : former;
  if (document.after !== 0 && document.after !== base?.sequence) return undefined;
  return {
    sequence,
    notBefore,
    keyIds,
    accounts: raise(base?.accounts, document.accounts),
    projects: raise(base?.projects, document.projects),
    moved: new Map(document.moved),
    disabled: document.disabled === undefined ? (base?.disabled ?? new Set()) : new Set(document.disabled),
    marks: new Set([...(base?.marks ?? []), ...document.marks]),
  };
}

/** Each list may only go up: an older epoch never takes the place of a newer one (C-06). */
function raise(former: ReadonlyMap<number, number> | undefined, list: RevocationDocument["accounts"]) {
  const raised = new Map(former);
  for (const [id, epoch] of list) raised.set(id, Math.max(epoch, raised.get(id) ?? 0));
  return raised;
}

/** Whether what a token stands on was taken back. One cut-off never hides another: any of them is enough (C-06). */
export function isRevoked({ account, project, marks, issuedAt }: Footing, state: RevocationState): boolean {
  return (
    issuedAt < state.notBefore ||
    isBelow(account, state.accounts) ||
    isBelow(project, state.projects) ||
    (state.marks.size > 0 && marks.some((mark) => state.marks.has(mark)))
  );
}

function isBelow([id, epoch]: readonly [number, number], epochs: ReadonlyMap<number, number>): boolean {
  return epoch < (epochs.get(id) ?? 0);
}
