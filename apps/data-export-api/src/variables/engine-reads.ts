import { type Refusal, refuse } from "@biped/protocol";
import { type Engine, EngineFailure } from "../engine/engine.ts";
import type { Outcomes, Task } from "../engine/task.ts";

/** Small tasks for which a caller waits: few at once, and not for long. */
export type EngineReads = <Kind extends "custom-vars" | "dynamic-var-keys" | "preview">(
  task: Extract<Task, { readonly kind: Kind }>,
) => Promise<Outcomes[Kind] | Refusal>;

export type ReadLimits = {
  /** Processes, of all projects; whoever comes later waits for one of them to end. */
  readonly readsAtOnce: number;
  /** For the wait and the work together. */
  readonly readMilliseconds: number;
};

export function createEngineReads(engine: Pick<Engine, "run">, limits: ReadLimits): EngineReads {
  const takeTurn = createTurns(limits.readsAtOnce);
  return async (task) => {
    const signal = AbortSignal.timeout(limits.readMilliseconds);
    const endTurn = await takeTurn(signal);
    if (endTurn === undefined) return refuseRead("Too much is being read; try again.", "no turn in time");
    try {
      return await engine.run(task, signal);
    } catch (error) {
      if (signal.aborted) return refuseRead("Reading the data takes too long; try again.", "not done in time");
      if (error instanceof EngineFailure) return refuseRead("The data cannot be read.", error.message);
      throw error;
    } finally {
      endTurn();
    }
  };
}

function refuseRead(description: string, reason: string): Refusal {
  return refuse("TEMPORARILY_UNAVAILABLE", description, reason, { headers: { "retry-after": "5" } });
}

/** Undefined where the signal came first; otherwise to be called at the end of the turn. */
type TakeTurn = (signal: AbortSignal) => Promise<(() => void) | undefined>;

function createTurns(atOnce: number): TakeTurn {
  let running = 0;
  let waiting: (() => void)[] = [];
  const endTurn = (): void => {
    running -= 1;
    const woken = waiting;
    waiting = [];
    for (const wake of woken) wake();
  };
  return async (signal) => {
    while (running >= atOnce && !signal.aborted) {
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
    }
    if (signal.aborted) return undefined;
    running += 1;
    return endTurn;
  };
}
