/**
 * What a run knows to be true of a store, kept outside of it: each change that was acknowledged (ACK: the last byte of
 * a 2xx was read), and the one change of each writer whose outcome nobody knows yet. On it rests the checker.
 */

import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";

/** Where a node, or what stands before several, listens. */
export type Site = { readonly adminUrl: string; readonly publicUrl: string };

/** The audit actions of the changes that writers make. */
export type Action =
  | "credential.created"
  | "credential.disabled"
  | "credential.enabled"
  | "credential.deleted"
  | "secret.rotated"
  | "secret.retired"
  | "secret.rotation-cancelled";

/** Its text is undefined where the answer that held it was lost: nobody knows it then. */
export type KnownSecret = { readonly id: string; readonly text: string | undefined };

/** A credential as all acknowledged changes together have left it. */
export type KnownCredential = {
  readonly clientId: string;
  readonly projectId: number;
  state: "enabled" | "disabled" | "deleted";
  /** Live ones, oldest first. */
  secrets: readonly KnownSecret[];
  /** Ended ones whose text is known: none of them may ever work again. */
  ended: readonly KnownSecret[];
  /** What its events in the audit log must be, in this order. */
  readonly changes: AcknowledgedChange[];
};

export type AcknowledgedChange = {
  readonly action: Action;
  /** Of the answer; undefined where it took more than one attempt, as the event has that of the first that came through. */
  readonly requestId: string | undefined;
};

/** Sent, and not acknowledged yet. */
export type PendingChange = {
  readonly action: Action;
  readonly projectId: number;
  /** Undefined for a credential that is being created. */
  readonly clientId: string | undefined;
  readonly idempotencyKey: string;
};

export type Journal = {
  /** By their client ids. */
  readonly credentials: ReadonlyMap<string, KnownCredential>;
  /** By their Idempotency-Keys. */
  readonly pending: ReadonlyMap<string, PendingChange>;
  /** Before the first attempt is sent. */
  readonly begin: (change: PendingChange) => void;
  /** Durable when it returns. */
  readonly acknowledge: (change: PendingChange, credential: KnownCredential, requestId: string | undefined) => void;
  /** How many changes were acknowledged. */
  readonly count: () => number;
  readonly close: () => void;
};

/** @param file Gets a line for each step, and holds no secret. */
export function openJournal(file: string): Journal {
  const descriptor = openSync(file, "ax", 0o600);
  const credentials = new Map<string, KnownCredential>();
  const pending = new Map<string, PendingChange>();
  let acknowledged = 0;
  const write = (line: object): void => {
    writeSync(descriptor, `${JSON.stringify(line)}\n`);
    fdatasyncSync(descriptor);
  };
  return {
    credentials,
    pending,
    begin: (change) => {
      write({ step: "begin", ...change });
      pending.set(change.idempotencyKey, change);
    },
    acknowledge: (change, credential, requestId) => {
      const { action, idempotencyKey } = change;
      write({ step: "acknowledge", action, idempotencyKey, clientId: credential.clientId, requestId });
      credential.changes.push({ action, requestId });
      credentials.set(credential.clientId, credential);
      pending.delete(idempotencyKey);
      acknowledged += 1;
    },
    count: () => acknowledged,
    close: () => closeSync(descriptor),
  };
}
