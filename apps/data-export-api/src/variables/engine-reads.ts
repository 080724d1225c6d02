import { type Refusal, refuse } from "@biped/protocol";
import { type Engine, EngineFailure } from "../engine/engine.ts";
import type { Outcomes, Task } from "../engine/task.ts";

/** Small tasks for which a caller waits: few at once, and not for long. */
export type EngineReads = <Kind extends "custom-vars" | "dynamic-var-keys" | "preview">(
  projectId: number,
  task: Extract<Task, { readonly kind: Kind }>,
) => Promise<Outcomes[Kind] | Refusal>;

export type ReadLimits = {
  /** Processes, of all projects, which take turns; whoever comes later waits for one of them to end. */
  readonly readsAtOnce: number;
  /** For the wait and the work together. */
  readonly readMilliseconds: number;
};

export function createEngineReads(engine: Pick<Engine, "run">, limits: ReadLimits): EngineReads {
  const takeTurn = createTurns(limits.readsAtOnce);
  return async (projectId, task) => {
    const signal = AbortSignal.timeout(limits.readMilliseconds);
    const endTurn = await takeTurn(projectId, signal);
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
type TakeTurn = (projectId: number, signal: AbortSignal) => Promise<(() => void) | undefined>;

type Waiting = { readonly projectId: number; readonly begin: () => void };

/** Who came first is first, but behind projects that have fewer turns now: none waits for all that another one asks. */
function createTurns(atOnce: number): TakeTurn {
  const running: number[] = [];
  const waiting = new Set<Waiting>();
  const countTurns = ({ projectId }: Waiting): number => running.filter((id) => id === projectId).length;
  const beginNext = (): void => {
    const [next] = [...waiting].sort((one, other) => countTurns(one) - countTurns(other));
    if (next === undefined || running.length >= atOnce) return;
    waiting.delete(next);
    running.push(next.projectId);
    next.begin();
  };
  const endTurn = (projectId: number): void => {
    running.splice(running.indexOf(projectId), 1);
    beginNext();
  };
  return (projectId, signal) =>
    new Promise((resolve) => {
      const one = { projectId, begin: () => resolve(() => endTurn(projectId)) };
      waiting.add(one);
      signal.addEventListener("abort", () => {
        if (waiting.delete(one)) resolve(undefined);
      });
      beginNext();
    });
}
