import { isRefusal } from "@biped/protocol";
import { z } from "zod";
import { members, parseBody, readBodyText, rule } from "../json-body.ts";
import type { ProtectedEndpoint } from "../protect.ts";
import { parseQuery } from "../query-parameters.ts";
import { isTimeZone } from "../schedule/periods.ts";
import type { Storage } from "../storage/storage.ts";

/** GET /v1/administration/settings: by which time zone the project's hours and days begin. */
export function createShowSettingsEndpoint(storage: Pick<Storage, "findProjectSettings">): ProtectedEndpoint {
  return async (request, token) => {
    const query = parseQuery(request.query, []);
    if (isRefusal(query)) return query;
    const { timeZone } = await storage.findProjectSettings(token.project_id);
    const log = { clientId: token.client_id, projectId: token.project_id };
    return { status: 200, body: { success: true, payload: { timeZone } }, log };
  };
}

const timeZoneRule = "must be the name of a time zone, such as UTC or Europe/Paris";

const body = members({
  timeZone: z.string(rule(timeZoneRule)).max(100, timeZoneRule).refine(isTimeZone, timeZoneRule),
});

/** PUT /v1/administration/settings: runs that wait keep their period; the ones after them follow the new time zone. */
export function createSetSettingsEndpoint(storage: Pick<Storage, "setTimeZone">): ProtectedEndpoint {
  return async (request, token) => {
    const text = readBodyText(request);
    if (isRefusal(text)) return text;
    const asked = parseBody(text, body);
    if (isRefusal(asked)) return asked;
    await storage.setTimeZone(token.project_id, asked.timeZone);
    const log = { clientId: token.client_id, projectId: token.project_id };
    return { status: 200, body: { success: true, payload: asked }, log };
  };
}
