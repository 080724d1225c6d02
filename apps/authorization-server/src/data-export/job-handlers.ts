import type { LogFields } from "@biped/listener";
import type { ExportJob } from "@biped/management-client";
import { operations } from "@biped/management-client/contract";
import { isRefusal, type Refusal } from "@biped/protocol";
import { z } from "zod";
import type { Handlers } from "../management-api/handlers.ts";
import { type AskOnceParts, askForData, askOnce } from "./ask-once.ts";
import { type AskCloud, readingLimitSeconds } from "./data-export-client.ts";
import { formatExportPage, formatExportQuery, readExportPage } from "./export-page.ts";
import { readTarget } from "./export-target.ts";
import type { ExportTarget } from "./mint-export-token.ts";

type Reading =
  | "GET /api/projects/:projectId/export-jobs"
  | "GET /api/projects/:projectId/export-jobs/:jobId"
  | "POST /api/projects/:projectId/export-preview";
type Changing =
  | "POST /api/projects/:projectId/export-jobs"
  | "PUT /api/projects/:projectId/export-jobs/:jobId/state"
  | "DELETE /api/projects/:projectId/export-jobs/:jobId";

const job = operations["GET /api/projects/:projectId/export-jobs/:jobId"].answer;
const created = z.object({ jobId: z.int().min(1) }).transform(({ jobId }) => jobId);
const preview = operations["POST /api/projects/:projectId/export-preview"].answer;
const nothing = z.unknown().transform(() => undefined);

export function createJobHandlers(parts: AskOnceParts): Handlers<Reading | Changing> {
  return { ...createReadingHandlers(parts), ...createChangeHandlers(parts) };
}

type Shown = { readonly body: ExportJob; readonly log: LogFields } | Refusal;

/** A job as it is now, after a change too. */
async function showJob(askCloud: AskCloud, target: ExportTarget, jobId: number): Promise<Shown> {
  const found = await askCloud(target, { path: `/v1/exports/${jobId}`, answer: job });
  return isRefusal(found) ? found : { body: found, log: { jobId } };
}

function createReadingHandlers(parts: AskOnceParts): Handlers<Reading> {
  const { askCloud } = parts;
  return {
    "GET /api/projects/:projectId/export-jobs": async (request) => {
      const { state, ...query } = request.query;
      const page = readExportPage(query);
      if (isRefusal(page)) return page;
      const path = `/v1/exports?${formatExportQuery(page, state)}`;
      const jobs = await askCloud(readTarget(request), { path, answer: z.array(job).max(page.limit) });
      return isRefusal(jobs) ? jobs : { body: formatExportPage(jobs, page, ({ jobId }) => jobId) };
    },
    "GET /api/projects/:projectId/export-jobs/:jobId": (request) =>
      showJob(askCloud, readTarget(request), request.params.jobId),
    "POST /api/projects/:projectId/export-preview": async (request) => {
      const { body, author } = request;
      const asked = { method: "POST", path: "/v1/administration/preview", body, answer: preview } as const;
      const rows = await askForData(parts, readTarget(request), {
        author,
        action: "export-preview.read",
        after: body,
        question: { ...asked, limitSeconds: readingLimitSeconds },
      });
      return isRefusal(rows) ? rows : { body: rows };
    },
  };
}

const stateActions = { ACTIVE: "export-job.resume", SUSPENDED: "export-job.suspend" } as const;

function createChangeHandlers(parts: AskOnceParts): Handlers<Changing> {
  return {
    "POST /api/projects/:projectId/export-jobs": async (request) => {
      const { body, author } = request;
      const target = readTarget(request);
      const jobId = await askOnce(parts, target, {
        author,
        action: "export-job.create",
        after: body,
        question: { method: "POST", path: "/v1/exports", body, answer: created },
        repetition: "unsafe",
      });
      if (isRefusal(jobId)) return jobId;
      if (jobId === undefined) throw new Error("A job was created without an id.");
      return showJob(parts.askCloud, target, jobId);
    },
    "PUT /api/projects/:projectId/export-jobs/:jobId/state": async (request) => {
      const { jobId } = request.params;
      const { body, author } = request;
      const target = readTarget(request);
      const path = `/v1/administration/exports/${jobId}/state`;
      const refusal = await askOnce(parts, target, {
        author,
        action: stateActions[body.state],
        after: { jobId },
        question: { method: "PUT", path, body, answer: nothing },
        repetition: "safe",
      });
      return isRefusal(refusal) ? refusal : showJob(parts.askCloud, target, jobId);
    },
    "DELETE /api/projects/:projectId/export-jobs/:jobId": async (request) => {
      const { jobId } = request.params;
      const refusal = await askOnce(parts, readTarget(request), {
        author: request.author,
        action: "export-job.delete",
        after: { jobId },
        question: { method: "DELETE", path: `/v1/administration/exports/${jobId}`, answer: nothing },
        repetition: "safe",
      });
      return isRefusal(refusal) ? refusal : { body: undefined, log: { jobId } };
    },
  };
}
