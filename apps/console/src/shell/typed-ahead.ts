import { useCallback, useEffect, useRef } from "react";

export type TypedKey = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "isComposing">;

/** The text after one more key; undefined where the key types nothing. */
export function typeAhead(text: string, { key, ...held }: TypedKey): string | undefined {
  if (held.ctrlKey || held.metaKey || held.altKey || held.isComposing) return undefined;
  if (key === "Backspace") return text.slice(0, -1);
  return key.length === 1 ? text + key : undefined;
}

/**
 * Keeps what is typed while the palette is on its way, wherever the focus still is: who presses Ctrl-K types on at once.
 * @returns takes what was kept, and ends the keeping; for the palette's field when the focus has come to it.
 */
export function useTypedAhead(isOpening: boolean): () => string {
  const kept = useRef<string | undefined>(undefined);
  useEffect(() => {
    if (!isOpening) return;
    kept.current = "";
    const listen = (event: KeyboardEvent): void => {
      const next = kept.current === undefined ? undefined : typeAhead(kept.current, event);
      if (next === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      kept.current = next;
    };
    document.addEventListener("keydown", listen, true);
    return () => {
      kept.current = undefined;
      document.removeEventListener("keydown", listen, true);
    };
  }, [isOpening]);
  return useCallback(() => {
    const text = kept.current ?? "";
    kept.current = undefined;
    return text;
  }, []);
}
