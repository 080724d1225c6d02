import { formatDuration } from "../terminal/format-time.ts";
import { measureText } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { formatBytes } from "./format-bytes.ts";

export type Progress = {
  /** Bytes of the file so far, those of earlier downloads included. */
  readonly received: number;
  /** Undefined when the service does not say. */
  readonly total: number | undefined;
  /** Bytes that an earlier download left: they came without taking any time now. */
  readonly resumedFrom: number;
};

export type ProgressPicture = Progress & {
  readonly label: string;
  readonly elapsedMilliseconds: number;
  /** Of the terminal. */
  readonly columns: number;
};

const mostBarColumns = 30;
const fewestBarColumns = 8;
const spinner = ["|", "/", "-", "\\"] as const;

/** One line that is shorter than the terminal is wide: what has no room is left out, the least important first. */
export function renderProgress(picture: ProgressPicture): string {
  const room = Math.max(1, picture.columns - 1);
  const { label } = picture;
  const [amount, share, speed, left] = describe(picture);
  const sets = [
    [label, bar, share, amount, speed, left],
    [label, bar, share, amount, speed],
    [label, bar, share, speed],
    [label, bar, share],
    [bar, share],
    [share],
  ];
  for (const parts of sets) {
    const texts = parts.filter((part) => typeof part === "string" && part !== "");
    const used = texts.reduce((sum: number, text) => sum + measureText(String(text)) + 2, 0);
    const barColumns = parts.includes(bar) ? Math.min(mostBarColumns, room - used) : 0;
    if (parts.includes(bar) ? barColumns < fewestBarColumns : used - 2 > room) continue;
    return parts
      .map((part) => (typeof part === "function" ? part(picture, barColumns) : part))
      .filter((text) => text !== "")
      .join("  ");
  }
  return share.slice(0, room);
}

/** Amount, share, speed and time left; empty where it is not known. */
function describe({ received, total, resumedFrom, elapsedMilliseconds }: ProgressPicture) {
  const amount = total === undefined ? "" : `${formatBytes(received)} of ${formatBytes(total)}`;
  const share = total === undefined ? formatBytes(received) : `${readShare(received, total)} %`.padStart(5);
  const fresh = received - resumedFrom;
  // Before half a second has gone by, a speed is chance.
  if (elapsedMilliseconds < 500 || fresh <= 0) return [amount, share, "", ""] as const;
  const bytesPerSecond = (fresh * 1000) / elapsedMilliseconds;
  const speed = `${formatBytes(bytesPerSecond)}/s`;
  if (total === undefined || received >= total) return [amount, share, speed, ""] as const;
  return [amount, share, speed, `${formatDuration(Math.ceil((total - received) / bytesPerSecond))} left`] as const;
}

/** 100 only when everything is there. */
function readShare(received: number, total: number): number {
  return total === 0 ? 100 : Math.min(100, Math.floor((received * 100) / total));
}

function bar({ received, total, elapsedMilliseconds }: ProgressPicture, columns: number): string {
  if (total === undefined) return spinner[Math.floor(elapsedMilliseconds / 100) % spinner.length] ?? "|";
  const inner = columns - 2;
  const full = total === 0 ? inner : Math.min(inner, Math.floor((received / total) * inner));
  const head = full < inner ? ">" : "";
  return `[${"=".repeat(full)}${head}${" ".repeat(inner - full - head.length)}]`;
}

export type ProgressBar = {
  readonly update: (progress: Progress) => void;
  readonly clear: () => void;
};

const redrawMilliseconds = 100;

/** Draws where the terminal shows progress; elsewhere it does nothing. */
export function createProgressBar(
  { showProgress, columns }: Pick<Terminal, "showProgress" | "columns">,
  nowMilliseconds: () => number,
  label: string,
): ProgressBar {
  const begin = nowMilliseconds();
  let drawnAt = Number.NEGATIVE_INFINITY;
  return {
    update: (progress) => {
      const now = nowMilliseconds();
      const isLast = progress.received === progress.total;
      if (now - drawnAt < redrawMilliseconds && !isLast) return;
      drawnAt = now;
      showProgress(renderProgress({ ...progress, label, columns, elapsedMilliseconds: now - begin }));
    },
    clear: () => showProgress(undefined),
  };
}
