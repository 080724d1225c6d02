import { readFileSync } from "node:fs";
import type { Log, Routes } from "@biped/listener";
import { createIdentifyCaller } from "./administrators/identify-caller.ts";
import { openPasswords } from "./administrators/password.ts";
import type { Sso } from "./administrators/sso.ts";
import type { AuditHeads } from "./audit-log/audit-heads.ts";
import type { Config, SsoConfig } from "./config.ts";
import { createConsoleRoutes, findConsoleDirectory } from "./console/console-files.ts";
import { createHandlers } from "./create-handlers.ts";
import type { SecretDigester } from "./credentials/secret-digest.ts";
import type { UseCounter } from "./credentials/use-counter.ts";
import type { Fetch } from "./data-export/data-export-client.ts";
import { createOpenApiRoute } from "./management-api/openapi/openapi-route.ts";
import { createManagementRoutes } from "./management-api/routes.ts";
import type { HoldIssuing } from "./revocation-feed/hold-issuing.ts";
import type { OpaqueKey } from "./signing/envelope.ts";
import type { KeyRing, KeyRingParts } from "./signing/key-ring.ts";
import { createReadOwnToken } from "./signing/read-own-token.ts";
import type { Signer } from "./signing/signer.ts";
import type { Storage } from "./storage/storage.ts";

export type AdminParts = {
  readonly storage: Storage;
  readonly kek: OpaqueKey;
  readonly digester: SecretDigester;
  readonly keyRing: KeyRing;
  readonly policy: KeyRingParts["policy"];
  readonly heads: AuditHeads;
  readonly uses: UseCounter;
  readonly signer: Signer;
  readonly holdIssuing: HoldIssuing;
  readonly nextTokenId: () => string;
  /** How clouds are asked; Node's own if absent. */
  readonly fetch?: Fetch | undefined;
  readonly log: Log;
  readonly nowSeconds: () => number;
  readonly monotonicSeconds: () => number;
  readonly randomBytes: (count: number) => Uint8Array;
  /** A sandbox makes secrets of the kind `test`, and lets its administrators do without a second factor. */
  readonly secretEnvironment: "live" | "test";
};

/** The admin listener's map: the management API, sign-in by a provider, and the console for every other path. */
export async function createAdminRoutes(config: Config, made: AdminParts): Promise<Routes> {
  const { storage, nowSeconds } = made;
  const author = { at: nowSeconds(), actor: "system", requestId: undefined };
  const passwords = await openPasswords({ ...made, author });
  const isSandbox = made.secretEnvironment === "test";
  const secondFactor = isSandbox ? "optional" : "required";
  const own = {
    ...made,
    ...config,
    passwords,
    isSandbox,
    secondFactor,
    allowedEndpoints: config.endpointHosts,
    readOwnToken: createReadOwnToken({ keyRing: made.keyRing, issuer: config.issuer, nowSeconds }),
  } as const;
  const sso = config.sso === undefined ? undefined : await openSso(config.sso, own);
  const handlers = createHandlers({ ...own, sso });
  return {
    ...createManagementRoutes({ handlers, identifyCaller: createIdentifyCaller(own), storage, nowSeconds }),
    ...createOpenApiRoute(),
    ...sso?.routes,
    ...createConsoleRoutes(findConsoleDirectory()),
  };
}

/** Loaded where it is configured: most servers need no OpenID client. */
async function openSso(config: SsoConfig, parts: AdminParts & Pick<Config, "consoleUrl">): Promise<Sso> {
  const { createSso } = await import("./administrators/sso.ts");
  const clientSecret = readSecretFile(config.clientSecretFile);
  return createSso({ ...parts, settings: { ...config, clientSecret } });
}

function readSecretFile(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown cause";
    throw new Error(`BIPED_SSO_CLIENT_SECRET_FILE ${file} cannot be read (${code}).`, { cause });
  }
}
