import { constants } from "node:os";
import path from "node:path";
import { askProcess, DataUnavailable } from "@biped/data-export-api";
import type { Answer, Order } from "./statements-process.ts";

const program = path.join(import.meta.dirname, `statements-process${path.extname(import.meta.filename)}`);
const priority = constants.priority.PRIORITY_BELOW_NORMAL;

/** In a process of its own, which ends with `signal`. @throws DataUnavailable */
export async function runStatements(order: Order, signal: AbortSignal): Promise<void> {
  const answer = await askProcess<Answer>(program, order, { priority, signal }).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw new DataUnavailable("The sandbox's process could not start.", { cause });
  });
  const failure = "ended" in answer ? "its process ended" : answer.failure;
  if (failure !== undefined) throw new DataUnavailable(`The sandbox could not make its data: ${failure}.`);
}
