import { type Config, createConfig, port, serverSettings } from "@biped/authorization-server";
import { type Environment, readSettings } from "@biped/listener";
import { z } from "zod";

export type SandboxConfig = { readonly server: Config; readonly clouds: readonly SandboxCloud[] };

export type SandboxCloud = { readonly name: string; readonly port: number; readonly endpoint: string };

const cloudNames = ["aws-eu-west-1", "azure-us-east"] as const;

/** The server's settings, and the ports of the two clouds. */
const sandboxSettings = serverSettings.extend({
  BIPED_CLOUD_PORTS: z
    .string()
    .default("4001,4002")
    .transform((text) => text.split(","))
    .pipe(z.tuple([port, port], "must be two ports, such as 4001,4002"))
    .describe("Ports of the two clouds' APIs, for the sandbox alone"),
});

/** Quiet unless asked: what a tester wants to read is the welcome, not a line a request. */
export function readSandboxConfig(environment: Environment): SandboxConfig {
  const settings = readSettings(sandboxSettings, { BIPED_LOG_LEVEL: "warn", ...environment });
  const server = createConfig(settings);
  const clouds = cloudNames.map((name, index) => {
    const cloudPort = settings.BIPED_CLOUD_PORTS[index] ?? 0;
    return { name, port: cloudPort, endpoint: `http://${server.reachableHost}:${cloudPort}` };
  });
  return { server, clouds };
}
