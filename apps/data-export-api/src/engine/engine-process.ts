/** The program of one task: DuckDB's memory, threads and faults stay in here. `engine.ts` forks it. */
import { EngineFailure, type EngineSettings } from "./engine.ts";
import type { Outcomes, Task } from "./task.ts";

export type Order = { readonly task: Task; readonly settings: EngineSettings };
export type Answer<Outcome = Outcomes[Task["kind"]]> =
  | { readonly outcome: Outcome }
  | { readonly failure: { readonly reason: string; readonly isLasting: boolean } };

// The parent has its answer, or is gone. Nothing else ends DuckDB's threads at once.
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
// A terminal's Ctrl-C reaches this process too, and the parent may want to wait for its end.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => {});
process.once("message", async (order: Order) => process.send?.(await answer(order)));

async function answer({ task, settings }: Order): Promise<Answer> {
  try {
    const { runTask } = await import("./run-task.ts");
    return { outcome: await runTask(task, settings) };
  } catch (error) {
    if (!(error instanceof EngineFailure)) return { failure: { reason: "DuckDB could not start.", isLasting: false } };
    return { failure: { reason: error.message, isLasting: error.isLasting } };
  }
}
