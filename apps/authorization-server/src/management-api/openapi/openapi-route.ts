import type { Answer, Routes } from "@biped/listener";
import { createOpenApiDocument } from "./document.ts";

/** The document is the same for everybody, and tells nothing that the source does not. Made when first asked for. */
export function createOpenApiRoute(): Routes {
  let made: string | undefined;
  const answer = (): Answer => {
    made ??= JSON.stringify(createOpenApiDocument());
    return { status: 200, body: undefined, text: { content: made, mediaType } };
  };
  return { "/openapi.json": { GET: answer } };
}

const mediaType = "application/json; charset=utf-8";
