/** What an Idempotency-Key was made for. */
export type ActionKey = { readonly key: string; readonly fingerprint: string };

/**
 * A second try of the same thing keeps its key, so that the change is made once though an answer was lost;
 * anything else is a new action.
 * @param undecided the former try, if nobody knows how it ended.
 */
export function chooseActionKey(undecided: ActionKey | undefined, input: unknown, createKey: () => string): ActionKey {
  const fingerprint = JSON.stringify(input);
  return undecided?.fingerprint === fingerprint ? undecided : { key: createKey(), fingerprint };
}

/** 128 bits in hexadecimal. `crypto.randomUUID` is missing where the page is not secure. */
export function createActionKey(randomBytes: (count: number) => Uint8Array): string {
  return [...randomBytes(16)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
