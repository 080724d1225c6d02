import { operations } from "@biped/management-client/contract";
import { isRefusal } from "@biped/protocol";
import { z } from "zod";
import { formatTime } from "../instant.ts";
import type { Handlers } from "../management-api/handlers.ts";
import { type AskOnceParts, askOnce } from "./ask-once.ts";
import { readingLimitSeconds } from "./data-export-client.ts";
import { readTarget } from "./export-target.ts";

type Name =
  | "GET /api/projects/:projectId/exportable-fields"
  | "GET /api/projects/:projectId/export-settings"
  | "PUT /api/projects/:projectId/export-settings"
  | "DELETE /api/projects/:projectId/export-links";

export type SettingsHandlerParts = AskOnceParts & { readonly nowSeconds: () => number };

const { fields, customVars, dynamicVarKeys } =
  operations["GET /api/projects/:projectId/exportable-fields"].answer.shape;
const settings = operations["GET /api/projects/:projectId/export-settings"].answer;
const nothing = z.unknown().transform(() => undefined);

const settingsPath = "/v1/administration/settings";
const variableDays = 7;

export function createSettingsHandlers(parts: SettingsHandlerParts): Handlers<Name> {
  const { askCloud, nowSeconds } = parts;
  return {
    "GET /api/projects/:projectId/exportable-fields": async (request) => {
      const target = readTarget(request);
      const limitSeconds = readingLimitSeconds;
      const keysPath = `/v1/dynamic-var-keys?${formatPeriod(nowSeconds())}`;
      const [named, positions, keys] = await Promise.all([
        askCloud(target, { path: `/v1/exportable-fields?scope=${request.query.scope}`, answer: fields }),
        askCloud(target, { path: "/v1/custom-vars", answer: customVars, limitSeconds }),
        askCloud(target, { path: keysPath, answer: dynamicVarKeys, limitSeconds }),
      ]);
      if (isRefusal(named)) return named;
      if (isRefusal(positions)) return positions;
      if (isRefusal(keys)) return keys;
      return { body: { fields: named, customVars: positions, dynamicVarKeys: keys } };
    },
    "GET /api/projects/:projectId/export-settings": async (request) => {
      const found = await askCloud(readTarget(request), { path: settingsPath, answer: settings });
      return isRefusal(found) ? found : { body: found };
    },
    "PUT /api/projects/:projectId/export-settings": async (request) => {
      const { body, author } = request;
      const target = readTarget(request);
      const refusal = await askOnce(parts, target, {
        author,
        action: "export-settings.change",
        after: body,
        question: { method: "PUT", path: settingsPath, body, answer: nothing },
        repetition: "safe",
      });
      if (isRefusal(refusal)) return refusal;
      const found = await askCloud(target, { path: settingsPath, answer: settings });
      return isRefusal(found) ? found : { body: found };
    },
    "DELETE /api/projects/:projectId/export-links": async (request) => {
      const refusal = await askOnce(parts, readTarget(request), {
        author: request.author,
        action: "export-links.end",
        after: {},
        question: { method: "DELETE", path: "/v1/administration/links", answer: nothing },
        repetition: "safe",
      });
      return isRefusal(refusal) ? refusal : { body: undefined };
    },
  };
}

function formatPeriod(nowSeconds: number): string {
  const from = formatTime(nowSeconds - variableDays * 86_400);
  return new URLSearchParams({ from, to: formatTime(nowSeconds) }).toString();
}
