import type { Guard } from "@biped/guard";
import type { Routes } from "@biped/listener";
import { listFieldsEndpoint } from "./exportable-fields/list-fields-endpoint.ts";
import { createCreateJobEndpoint } from "./jobs/create-job-endpoint.ts";
import { createListJobsEndpoint } from "./jobs/list-jobs-endpoint.ts";
import { createShowJobEndpoint } from "./jobs/show-job-endpoint.ts";
import { protect } from "./protect.ts";
import type { Storage } from "./storage/storage.ts";

export type AppParts = {
  readonly guard: Pick<Guard, "authorize">;
  readonly storage: Storage;
  readonly nowSeconds: () => number;
};

/** The map of the cloud's listener. */
export function createRoutes({ guard, storage, nowSeconds }: AppParts): Routes {
  return {
    "/v1/exports": {
      GET: protect(guard, createListJobsEndpoint(storage)),
      POST: protect(guard, createCreateJobEndpoint({ storage, nowSeconds })),
    },
    "/v1/exports/:jobId": {
      GET: protect(guard, createShowJobEndpoint(storage)),
    },
    "/v1/exportable-fields": {
      GET: protect(guard, listFieldsEndpoint),
    },
  };
}
