import { type Refusal, refuse } from "@biped/protocol";

/** What the storage says where something is not there, or is not any more what the caller took it to be. */
type Obstacle = undefined | false | "version mismatch";

/** @param noun As in "There is no such account." */
export function refuseObstacle(obstacle: Obstacle, noun: string): Refusal {
  if (obstacle === "version mismatch") return refuse("PRECONDITION_FAILED", "The object was changed meanwhile.");
  return refuse("NOT_FOUND", `There is no such ${noun}.`);
}

export function isObstacle<Value>(answer: Value | Obstacle): answer is Obstacle {
  return answer === undefined || answer === false || answer === "version mismatch";
}
