import { useSyncExternalStore } from "react";
import { formatExact, formatIso, formatRelative } from "./time-format.ts";
import { Tooltip } from "./tooltip.tsx";

const tickMs = 30_000;
let nowMs = Date.now();

/** One clock for all texts of a page. */
function subscribe(onTick: () => void): () => void {
  // What has just happened is shown by a clock that has not stood since the last tick: it would lie in the future.
  nowMs = Math.max(nowMs, Math.floor(Date.now() / 1000) * 1000);
  const timer = window.setInterval(() => {
    nowMs = Date.now();
    onTick();
  }, tickMs);
  return () => window.clearInterval(timer);
}

export function useNowMs(): number {
  return useSyncExternalStore(subscribe, () => nowMs);
}

/** How long ago, in words; the exact time in the reader's zone and in UTC on hover and focus. */
export function TimeText({ instant }: { readonly instant: string }) {
  const text = formatRelative(instant, useNowMs());
  return (
    <Tooltip
      text={
        <>
          {formatExact(instant)}
          <br />
          {formatIso(instant)}
        </>
      }
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: The exact time is for the keyboard too. */}
      <time dateTime={instant} tabIndex={0}>
        {text}
      </time>
    </Tooltip>
  );
}

/** "never" and the like, where there is no time. */
export function TimeOr({ instant, otherwise }: { readonly instant: string | null; readonly otherwise: string }) {
  return instant === null ? <span className="muted">{otherwise}</span> : <TimeText instant={instant} />;
}
