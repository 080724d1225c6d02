import "./field.css";
import "./search-field.css";
import { useEffect, useRef, useState } from "react";
import { Icon } from "./icon.tsx";

type SearchFieldProps = {
  /** What is searched: "Search accounts". */
  readonly label: string;
  readonly value: string | undefined;
  /** Called when the typing pauses; undefined where nothing is searched. */
  readonly onSearch: (value: string | undefined) => void;
};

const pauseMs = 200;

/** The page's search: `/` goes to it, Escape empties it. */
export function SearchField({ label, value = "", onSearch }: SearchFieldProps) {
  const [text, setText] = useState(value);
  const pause = useRef<number | undefined>(undefined);
  useEffect(() => setText(value), [value]);
  useEffect(() => () => window.clearTimeout(pause.current), []);
  const change = (next: string): void => {
    setText(next);
    window.clearTimeout(pause.current);
    pause.current = window.setTimeout(() => onSearch(next.trim() || undefined), pauseMs);
  };
  return (
    <div className="search-field">
      <Icon name="search" />
      <input
        className="input"
        type="search"
        data-page-search=""
        aria-label={label}
        placeholder={label}
        autoComplete="off"
        spellCheck={false}
        maxLength={200}
        value={text}
        onChange={(event) => change(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") change("");
        }}
      />
      {text === "" && (
        <span className="key" aria-hidden="true">
          /
        </span>
      )}
    </div>
  );
}
