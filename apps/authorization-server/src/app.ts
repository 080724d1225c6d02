import type { Endpoint, Routes } from "@biped/listener";
import { paths } from "@biped/protocol";

export type PublicEndpoints = Readonly<Record<keyof typeof paths, Endpoint>>;

/** The map of the public listener. */
export function createPublicRoutes(endpoints: PublicEndpoints): Routes {
  return {
    [paths.token]: { POST: endpoints.token },
    [paths.credentialsInformation]: { POST: endpoints.credentialsInformation },
    [paths.introspection]: { POST: endpoints.introspection },
    [paths.revocation]: { POST: endpoints.revocation },
    [paths.metadata]: { GET: endpoints.metadata },
    [paths.keySet]: { GET: endpoints.keySet },
    [paths.revocations]: { GET: endpoints.revocations },
  };
}
