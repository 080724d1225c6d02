import { useSyncExternalStore } from "react";
import { readServiceNowMs } from "./service-clock.ts";
import { formatExact, formatIso, formatRelative } from "./time-format.ts";
import { Tooltip } from "./tooltip.tsx";

const tickMs = 30_000;

function subscribe(onTick: () => void): () => void {
  const timer = window.setInterval(onTick, tickMs);
  return () => window.clearInterval(timer);
}

/** Whole seconds of the service, rounded up: what comes with an answer and has just happened is not in the future. */
function readNowMs(): number {
  return Math.ceil(readServiceNowMs() / 1000) * 1000;
}

/** Goes on by itself, and is exact whenever what shows it is drawn anew. */
export function useNowMs(): number {
  return useSyncExternalStore(subscribe, readNowMs);
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
