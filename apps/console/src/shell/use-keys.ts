import { useEffect, useState } from "react";
import { findKeyMeaning } from "./keys.ts";
import { readSetting, writeSetting } from "./theme.ts";

const setting = "biped-single-keys";

function areSingleKeysOn(): boolean {
  return readSetting(setting) !== "off";
}

export function useSingleKeys(): readonly [boolean, (isOn: boolean) => void] {
  const [isOn, setOn] = useState(areSingleKeysOn);
  const change = (next: boolean): void => {
    writeSetting(setting, next ? undefined : "off");
    setOn(next);
  };
  return [isOn, change];
}

/** The keys that work on every page. */
export function useKeys(onKey: (meaning: "palette" | "help") => void): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      const meaning = findKeyMeaning({
        key: event.key,
        isWithCommand: (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey,
        isTyping: isField(event.target) || event.ctrlKey || event.metaKey || event.altKey,
        areSingleKeysOn: areSingleKeysOn(),
      });
      if (meaning === undefined || document.querySelector('[role="dialog"]:not(.toast), [role="menu"]') !== null)
        return;
      event.preventDefault();
      const field = document.querySelector<HTMLInputElement>("[data-page-search]");
      if (meaning === "search" && field !== null) field.select();
      else onKey(meaning === "search" ? "palette" : meaning);
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, [onKey]);
}

function isField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]");
}
