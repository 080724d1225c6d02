export type KeyPress = {
  readonly key: string;
  readonly isWithCommand: boolean;
  readonly isTyping: boolean;
  readonly areSingleKeysOn: boolean;
};

export type KeyMeaning = "search" | "palette" | "help" | undefined;

/** WCAG 2.1.4: single keys act only outside of fields, and can be switched off. */
export function findKeyMeaning({ key, isWithCommand, isTyping, areSingleKeysOn }: KeyPress): KeyMeaning {
  if (isWithCommand) return key.toLowerCase() === "k" ? "palette" : undefined;
  if (isTyping || !areSingleKeysOn) return undefined;
  if (key === "/") return "search";
  return key === "?" ? "help" : undefined;
}
