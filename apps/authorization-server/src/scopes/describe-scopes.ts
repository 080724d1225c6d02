import type { Scope } from "@biped/management-client";
import type { ScopeCatalogue } from "@biped/protocol";

/** What a token with a scope can do, in words for whoever chooses the scopes of a credential. */
const opened: ReadonlyMap<string, string> = new Map([
  ["data-export", "Create export jobs, follow them, and download their files."],
  ["metrics", "Read the metrics of a project: values and how they change over time."],
  ["session-replay", "Read replays of sessions: what visitors saw and did."],
  ["symbolicator", "Upload symbol files, so that crash reports name functions and lines. It reads nothing."],
  ["enrichment", "Send data that is added to sessions. It reads nothing, and a token with it has no other scope."],
  ["speed-analysis", "Read how fast pages and screens are."],
  ["surveys", "Read surveys and their answers."],
]);

const neutral = "What the APIs that ask for this scope offer.";

/** In the order of the catalogue. */
export function describeScopes(catalogue: ScopeCatalogue): Scope[] {
  return [...catalogue.values()].map(({ name, title, exclusive }) => ({
    name,
    title,
    opens: opened.get(name) ?? neutral,
    isExclusive: exclusive,
  }));
}
