import type { Cloud } from "@biped/management-client";
import { isRefusal } from "@biped/protocol";
import { type Caller, findReach } from "../administrators/caller.ts";
import { type CloudParts, createCloud, setCloudEndpoint } from "../management/clouds.ts";
import type { Storage } from "../storage/storage.ts";
import type { CloudView } from "../storage/views.ts";
import type { Handlers } from "./handlers.ts";
import { notFound } from "./not-found.ts";

type Name = "GET /api/clouds" | "POST /api/clouds" | "PUT /api/clouds/:cloud/endpoint";

export type CloudHandlerParts = CloudParts<"createCloud" | "setCloudEndpoint"> & {
  readonly storage: Pick<Storage, "viewClouds">;
};

export function createCloudHandlers(parts: CloudHandlerParts): Handlers<Name> {
  const list = (caller: Caller) => parts.storage.viewClouds(findReach(caller));
  const show = async (caller: Caller, name: string) => {
    const view = (await list(caller)).find((cloud) => cloud.name === name);
    return view === undefined ? notFound : { body: formatCloud(view) };
  };
  return {
    "GET /api/clouds": async ({ caller }) => ({ body: { items: (await list(caller)).map(formatCloud) } }),
    "POST /api/clouds": async ({ body, author, caller }) => {
      const created = await createCloud(parts, body, author);
      return isRefusal(created) ? created : show(caller, created.name);
    },
    "PUT /api/clouds/:cloud/endpoint": async ({ params, body, author, caller }) => {
      const changed = await setCloudEndpoint(parts, { name: params.cloud, endpoint: body.endpoint }, author);
      return isRefusal(changed) ? changed : show(caller, params.cloud);
    },
  };
}

function formatCloud({ name, endpoint, projectCount, version }: CloudView): Cloud {
  return { name, endpoint, projectCount, version };
}
