import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { type Routes, readJsonText } from "@biped/listener";
import { isRefusal, refuse } from "@biped/protocol";
import { z } from "zod";

/** The sandbox's wall clock. It can be moved forward, by all parts at once, and is kept between starts. */
export type MovableClock = {
  readonly nowSeconds: () => number;
  readonly routes: Routes;
};

const maxAdvanceSeconds = 10 * 366 * 86_400;

const move = z.union([
  z.strictObject({ advanceSeconds: z.int().min(1).max(maxAdvanceSeconds) }),
  z.strictObject({ reset: z.literal(true) }),
]);

const saved = z.object({ offsetSeconds: z.int().min(0) });

/** @param systemSeconds The machine's own clock, in whole epoch seconds. */
export function openMovableClock(path: string, systemSeconds: () => number): MovableClock {
  let offsetSeconds = readOffset(path);
  const nowSeconds = (): number => systemSeconds() + offsetSeconds;
  return {
    nowSeconds,
    routes: {
      "/sandbox/clock": {
        GET: () => ({ status: 200, body: { now: nowSeconds() } }),
        POST: (request) => {
          const text = readJsonText(request);
          if (isRefusal(text)) return text;
          const asked = move.safeParse(parseJson(text));
          if (!asked.success) {
            const rule = `an advanceSeconds from 1 to ${maxAdvanceSeconds}, or a reset that is true`;
            return refuse("INVALID_REQUEST", `The body must be a JSON object with ${rule}.`);
          }
          const moved = "reset" in asked.data ? 0 : offsetSeconds + asked.data.advanceSeconds;
          writeFileDurably(path, JSON.stringify({ offsetSeconds: moved }));
          offsetSeconds = moved;
          return { status: 200, body: { now: nowSeconds() } };
        },
      },
    },
  };
}

function readOffset(path: string): number {
  const text = readFileIfThere(path);
  if (text === undefined) return 0;
  const content = saved.safeParse(parseJson(text));
  if (!content.success) throw new Error(`${path} does not hold a clock; delete it to begin with the machine's time.`);
  return content.data.offsetSeconds;
}

export function readFileIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** Undefined for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Under another name first: a reader sees the old content or the new, never half. Mode 0600. */
export function writeFileDurably(path: string, content: string): void {
  const file = openSync(`${path}.new`, "w", 0o600);
  try {
    writeSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(`${path}.new`, path);
}
