import type { Target } from "../management-api/handlers.ts";
import type { Author } from "../storage/storage.ts";
import type { ExportTarget } from "./mint-export-token.ts";

/** @throws Error where the operation's path names no project. */
export function readTarget({
  target,
  author,
}: {
  readonly target: Target;
  readonly author: Pick<Author, "actor">;
}): ExportTarget {
  if (target.project === undefined) throw new Error("An operation on export jobs has no project.");
  return { project: target.project, actor: author.actor };
}
