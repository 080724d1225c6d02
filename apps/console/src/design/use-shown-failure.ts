import { useEffect } from "react";
import type { Failure } from "../api/failure.ts";
import { showFailure } from "./toast.ts";

/** For an action without a form: its failure is told as a message, once for each try. */
export function useShownFailure(failure: Failure | undefined): void {
  const title = failure?.title;
  const text = failure?.text;
  useEffect(() => {
    if (title !== undefined && text !== undefined) showFailure({ title, text });
  }, [title, text]);
}
