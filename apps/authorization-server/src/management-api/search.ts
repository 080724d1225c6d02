import { findReach } from "../administrators/caller.ts";
import type { Storage } from "../storage/storage.ts";
import type { Handlers } from "./handlers.ts";

export function createSearchHandlers({
  storage,
}: {
  readonly storage: Pick<Storage, "search">;
}): Handlers<"GET /api/search"> {
  return {
    "GET /api/search": async ({ query, caller }) => {
      const text = query.q.trim();
      // Everything holds the empty text.
      const hits = text === "" ? [] : await storage.search(findReach(caller), text);
      return { body: { items: [...hits] } };
    },
  };
}
