import type { Routes } from "@biped/listener";
import { createOpenApiDocument } from "./document.ts";

/** The document is the same for everybody, and tells nothing that the source does not. */
export function createOpenApiRoute(): Routes {
  const content = JSON.stringify(createOpenApiDocument());
  return { "/openapi.json": { GET: () => ({ status: 200, body: undefined, text: { content, mediaType } }) } };
}

const mediaType = "application/json; charset=utf-8";
