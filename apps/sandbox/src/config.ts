import { type Config, createConfig, port, serverSettings } from "@biped/authorization-server";
import { type Environment, readSettings, wholeNumber } from "@biped/listener";
import { z } from "zod";

export type SandboxConfig = {
  readonly server: Config;
  readonly clouds: readonly SandboxCloud[];
  readonly data: {
    /** Undefined for the one that was kept, or a new one. */
    readonly seed: number | undefined;
    readonly sessionsADay: number;
  };
};

export type SandboxCloud = { readonly name: string; readonly port: number; readonly endpoint: string };

const cloudNames = ["aws-eu-west-1", "azure-us-east"] as const;

/** The ports of the two clouds, and what their data is made from; the server's settings count as well. */
export const sandboxSettings = z.object({
  BIPED_CLOUD_PORTS: z
    .string()
    .default("4001,4002")
    .transform((text) => text.split(","))
    .pipe(z.tuple([port, port], "must be two ports, such as 4001,4002"))
    .describe("Ports of the two clouds' APIs, for the sandbox alone"),
  BIPED_DATA_SEED: wholeNumber(0, 999_999_999)
    .optional()
    .describe("What the sessions and views are made from; the one it had before, or a new one, if absent"),
  BIPED_DATA_SIZE: wholeNumber(1, 2_000_000)
    .default(2000)
    .describe("About how many sessions a project has on its busiest day of a week"),
});

/** Quiet unless asked: what a tester wants to read is the welcome, not a line a request. */
export function readSandboxConfig(environment: Environment): SandboxConfig {
  const settings = readSettings(serverSettings.extend(sandboxSettings.shape), {
    BIPED_LOG_LEVEL: "warn",
    ...environment,
  });
  const server = createConfig(settings);
  const clouds = cloudNames.map((name, index) => {
    const cloudPort = settings.BIPED_CLOUD_PORTS[index] ?? 0;
    return { name, port: cloudPort, endpoint: `http://${server.reachableHost}:${cloudPort}` };
  });
  const data = { seed: settings.BIPED_DATA_SEED, sessionsADay: settings.BIPED_DATA_SIZE };
  return { server, clouds, data };
}
