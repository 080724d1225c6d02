import { type Refusal, refuse } from "@biped/protocol";

/** Takes one of a project's places; to be called once to give it back. A refusal where all are taken. */
export type TakePlace = (projectId: number) => (() => void) | Refusal;

/** so many at once a project, counted in this process alone. */
export function createPlaces(most: number): TakePlace {
  const full = refuse("RATE_LIMITED", `A project may have ${most} requests at once.`, undefined, {
    headers: { "retry-after": "1" },
  });
  const taken = new Map<number, number>();
  return (projectId) => {
    const count = taken.get(projectId) ?? 0;
    if (count >= most) return full;
    taken.set(projectId, count + 1);
    return () => {
      const left = (taken.get(projectId) ?? 1) - 1;
      if (left === 0) taken.delete(projectId);
      else taken.set(projectId, left);
    };
  };
}
