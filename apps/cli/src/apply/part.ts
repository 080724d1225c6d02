import type { Mistake } from "./declaration.ts";
import type { Plan } from "./plan.ts";

/** A piece of a plan, in no order yet. */
export type Part = Plan & { readonly mistakes: readonly Mistake[] };

export const emptyPart: Part = { steps: [], left: [], mistakes: [] };

export function join(...parts: readonly Part[]): Part {
  return {
    steps: parts.flatMap(({ steps }) => steps),
    left: parts.flatMap(({ left }) => left),
    mistakes: parts.flatMap(({ mistakes }) => mistakes),
  };
}
