/** The sandbox as a program to start, from its sources as `npm start` does. */

import { join } from "node:path";
import { findFreePorts } from "../../test/free-ports.ts";
import type { ServerProgram } from "./child-server.ts";

const main = join(import.meta.dirname, "..", "..", "apps", "sandbox", "src", "main.ts");

/** It is ready when the last of its listeners is. */
export async function createSandboxProgram(folder: string): Promise<ServerProgram> {
  const [publicPort, adminPort, firstCloudPort] = await findFreePorts(3);
  return {
    name: "the sandbox",
    nodeArgs: ["--conditions=biped-source", main],
    environment: (port) => ({
      BIPED_DATA_DIR: join(folder, "data"),
      BIPED_PUBLIC_PORT: String(publicPort),
      BIPED_ADMIN_PORT: String(adminPort),
      BIPED_CLOUD_PORTS: `${firstCloudPort},${port}`,
    }),
    readyPath: "/readyz",
    outputFile: join(folder, "log"),
  };
}
