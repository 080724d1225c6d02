import { StoreUnavailable } from "@biped/database";
import type { Guard } from "@biped/guard";
import type { Routes } from "@biped/listener";
import { createDeleteJobEndpoint } from "./administration/delete-job-endpoint.ts";
import { createEndLinksEndpoint } from "./administration/end-links-endpoint.ts";
import { createPreviewEndpoint } from "./administration/preview-endpoint.ts";
import { createSetJobStateEndpoint } from "./administration/set-job-state-endpoint.ts";
import { createSetSettingsEndpoint, createShowSettingsEndpoint } from "./administration/settings-endpoints.ts";
import { type DataSource, DataUnavailable } from "./data/data-source.ts";
import type { Engine } from "./engine/engine.ts";
import { listFieldsEndpoint } from "./exportable-fields/list-fields-endpoint.ts";
import { createFetchFileEndpoint } from "./files/fetch-file-endpoint.ts";
import type { FileStore } from "./files/file-store.ts";
import type { Links } from "./files/links.ts";
import { createCreateJobEndpoint, type JobLimits } from "./jobs/create-job-endpoint.ts";
import { createListJobsEndpoint } from "./jobs/list-jobs-endpoint.ts";
import { createShowJobEndpoint } from "./jobs/show-job-endpoint.ts";
import { createPlaces, type TakePlace } from "./places.ts";
import { type ProtectedEndpoint, protect } from "./protect.ts";
import { createListRunsEndpoint } from "./runs/list-runs-endpoint.ts";
import { createListSuccessfulRunsEndpoint } from "./runs/list-successful-runs-endpoint.ts";
import { createShowRunEndpoint } from "./runs/show-run-endpoint.ts";
import type { Storage } from "./storage/storage.ts";
import { createEngineReads, type EngineReads, type ReadLimits } from "./variables/engine-reads.ts";
import { createListCustomVarsEndpoint } from "./variables/list-custom-vars-endpoint.ts";
import { createListDynamicVarKeysEndpoint } from "./variables/list-dynamic-var-keys-endpoint.ts";

export type AppParts = {
  readonly guard: Pick<Guard, "authorize" | "footing" | "checkFooting">;
  readonly storage: Storage;
  readonly engine: Pick<Engine, "run">;
  readonly dataSource: DataSource;
  readonly fileStore: Pick<FileStore, "open">;
  readonly links: Links;
  /** Tells the runner that there may be work. */
  readonly wake: () => void;
  /** After the end of a period, until its data is expected to be complete. */
  readonly delaySeconds: number;
  readonly limits: AppLimits;
  readonly nowSeconds: () => number;
};

export type AppLimits = JobLimits &
  ReadLimits & {
    /** Of one project: requests with a token, and files besides. */
    readonly requestsAtOnce: number;
  };

export const appLimits: AppLimits = {
  requestsAtOnce: 10,
  jobsPerProject: 200_000,
  readsAtOnce: 2,
  readMilliseconds: 10_000,
};

/** Of an error that is no fault of the request, nor a bug: 503, and the log says which. */
export function isUnavailable(error: unknown): boolean {
  return error instanceof StoreUnavailable || error instanceof DataUnavailable;
}

/** The map of the cloud's listener. */
export function createRoutes(parts: AppParts): Routes {
  const { guard, limits } = parts;
  const places = { takePlace: createPlaces(limits.requestsAtOnce) };
  const readEngine = createEngineReads(parts.engine, limits);
  const open = (endpoint: ProtectedEndpoint) => protect({ guard, ...places, scope: "data-export" }, endpoint);
  return {
    "/v1/exports": {
      GET: open(createListJobsEndpoint(parts.storage)),
      POST: open(createCreateJobEndpoint(parts)),
    },
    "/v1/exports/successful-runs": { GET: open(createListSuccessfulRunsEndpoint(parts.storage)) },
    "/v1/exports/:jobId": { GET: open(createShowJobEndpoint(parts.storage)) },
    "/v1/exports/:jobId/runs": { GET: open(createListRunsEndpoint(parts.storage)) },
    "/v1/exports/:jobId/runs/:runId": { GET: open(createShowRunEndpoint(parts)) },
    "/v1/exportable-fields": { GET: open(listFieldsEndpoint) },
    "/v1/custom-vars": { GET: open(createListCustomVarsEndpoint({ ...parts, readEngine })) },
    "/v1/dynamic-var-keys": { GET: open(createListDynamicVarKeysEndpoint({ ...parts, readEngine })) },
    // No token: the link is what allows it.
    "/v1/files/:fileId": {
      GET: createFetchFileEndpoint({ ...parts, takePlace: createPlaces(limits.requestsAtOnce) }),
    },
    ...createAdministrationRoutes({ ...parts, ...places, readEngine }),
  };
}

type AdministrationParts = AppParts & { readonly readEngine: EngineReads; readonly takePlace: TakePlace };

/** For the authorization server's administrators alone: no credential can have their scope. */
function createAdministrationRoutes(parts: AdministrationParts): Routes {
  const { guard, storage, takePlace } = parts;
  const open = (endpoint: ProtectedEndpoint) =>
    protect({ guard, takePlace, scope: "data-export-administration" }, endpoint);
  return {
    "/v1/administration/exports/:jobId": { DELETE: open(createDeleteJobEndpoint(parts)) },
    "/v1/administration/exports/:jobId/state": { PUT: open(createSetJobStateEndpoint(parts)) },
    "/v1/administration/preview": { POST: open(createPreviewEndpoint(parts)) },
    "/v1/administration/settings": {
      GET: open(createShowSettingsEndpoint(storage)),
      PUT: open(createSetSettingsEndpoint(storage)),
    },
    "/v1/administration/links": { DELETE: open(createEndLinksEndpoint(storage)) },
  };
}
