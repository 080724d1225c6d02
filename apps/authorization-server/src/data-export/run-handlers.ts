import { operations } from "@biped/management-client/contract";
import { isRefusal } from "@biped/protocol";
import type { Handlers } from "../management-api/handlers.ts";
import { type AskOnceParts, askForData } from "./ask-once.ts";
import { formatExportPage, formatExportQuery, readExportPage } from "./export-page.ts";
import { readTarget } from "./export-target.ts";
import type { ExportTarget } from "./mint-export-token.ts";

type Name =
  | "GET /api/projects/:projectId/export-jobs/:jobId/runs"
  | "GET /api/projects/:projectId/export-jobs/:jobId/runs/:runId";

const runs = operations["GET /api/projects/:projectId/export-jobs/:jobId/runs"].answer.shape.items;
const runWithFiles = operations["GET /api/projects/:projectId/export-jobs/:jobId/runs/:runId"].answer;

export function createRunHandlers(parts: AskOnceParts): Handlers<Name> {
  return {
    "GET /api/projects/:projectId/export-jobs/:jobId/runs": async (request) => {
      const { state, ...query } = request.query;
      const page = readExportPage(query);
      if (isRefusal(page)) return page;
      const { jobId } = request.params;
      const path = `/v1/exports/${jobId}/runs?${formatExportQuery(page, state)}`;
      const found = await parts.askCloud(readTarget(request), { path, answer: runs.max(page.limit) });
      return isRefusal(found)
        ? found
        : { body: formatExportPage(found, page, ({ jobRunId }) => jobRunId), log: { jobId } };
    },
    // It gives links to data, and so it is in the audit log although it changes nothing.
    "GET /api/projects/:projectId/export-jobs/:jobId/runs/:runId": async (request) => {
      const { jobId, runId } = request.params;
      const target = readTarget(request);
      const found = await askForData(parts, target, {
        author: request.author,
        action: "export-run.read",
        after: { jobId, runId },
        question: { path: `/v1/exports/${jobId}/runs/${runId}`, answer: withLinksTo(target) },
      });
      return isRefusal(found) ? found : { body: found, log: { jobId, runId } };
    },
  };
}

/** Administrators follow the links, and so a cloud may name no other place than itself. */
function withLinksTo({ project }: ExportTarget) {
  return runWithFiles.refine(({ files }) => files.every(({ url }) => url.startsWith(`${project.endpoint}/v1/files/`)));
}
