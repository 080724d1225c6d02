import type { Failure } from "../api/failure.ts";

export type Message = {
  readonly kind: "done" | "failed";
  readonly title: string;
  readonly text: string;
  /** Takes the change back. The message then stays for twice as long. */
  readonly onUndo: (() => void) | undefined;
};

let waiting: readonly Message[] = [];
const listeners = new Set<() => void>();

type Toast = { readonly title: string; readonly text?: string; readonly onUndo?: () => void };

/** Tells that something was done. It is read out politely and goes away by itself. */
export function showToast({ title, text = "", onUndo }: Toast): void {
  send({ kind: "done", title, text, onUndo });
}

/** For actions without a form to show the failure in. It stays until it is closed. */
export function showFailure({ title, text }: Pick<Failure, "title" | "text">): void {
  send({ kind: "failed", title, text, onUndo: undefined });
}

function send(message: Message): void {
  waiting = [...waiting, message];
  for (const tell of listeners) tell();
}

export function subscribeToMessages(tell: () => void): () => void {
  listeners.add(tell);
  return () => listeners.delete(tell);
}

export function readWaiting(): readonly Message[] {
  return waiting;
}

/** Those that nobody has shown yet; whoever takes them shows them. */
export function takeWaiting(): readonly Message[] {
  const taken = waiting;
  waiting = [];
  return taken;
}
