import { refuse } from "@biped/protocol";

/** One answer for what is missing and for what belongs to others. */
export const notFound = refuse("NOT_FOUND", "There is nothing here.");
