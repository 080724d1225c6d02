type Look = "neutral" | "success" | "warning" | "danger" | "accent";

const looks: ReadonlyMap<string, Look> = new Map([
  ["enabled", "success"],
  ["active", "success"],
  ["succeeded", "success"],
  ["completed", "success"],
  ["running", "accent"],
  ["due", "accent"],
  ["next", "accent"],
  ["invited", "accent"],
  ["passive", "neutral"],
  ["paused", "warning"],
  ["to be tried again", "warning"],
  ["failed", "danger"],
  ["disabled", "neutral"],
  ["account disabled", "neutral"],
  ["project disabled", "neutral"],
  ["expired", "danger"],
  ["no secret", "danger"],
]);

/** A word that is not known here looks neutral, and is still read. */
export function findStateLook(state: string): Look {
  return looks.get(state) ?? "neutral";
}
