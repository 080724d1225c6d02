import { type AccessTokenClaims, createAccessTokenClaims, type Refusal } from "@biped/protocol";
import type { HoldIssuing } from "../revocation-feed/hold-issuing.ts";
import { exportAdministrationScope } from "../scopes/scope-catalogue.ts";
import { noSecretId } from "../signing/read-own-token.ts";
import type { Signer } from "../signing/signer.ts";
import type { Storage } from "../storage/storage.ts";
import type { ProjectView } from "../storage/views.ts";

export type MintParts = {
  readonly storage: Pick<Storage, "findAccount">;
  readonly signer: Signer;
  readonly holdIssuing: HoldIssuing;
  readonly issuer: string;
  readonly nowSeconds: () => number;
  readonly nextTokenId: () => string;
};

/** What a call to a cloud is for, and on whose behalf it is made. */
export type ExportTarget = {
  readonly project: ProjectView;
  /** As in `AuditEntry`. */
  readonly actor: string;
};

export type ExportPower = "export" | "export and administration";

const scopes = { export: ["data-export"], "export and administration": ["data-export", exportAdministrationScope] };
const lifetimeSeconds = 60;

/**
 * A token for one project at its cloud, for one call of the admin listener's own: no credential stands behind it, and
 * it is told to nobody. It does NOT end with the administrator's session, but by itself within a minute.
 */
export async function mintExportToken(
  { storage, signer, holdIssuing, issuer, nowSeconds, nextTokenId }: MintParts,
  { project, actor }: ExportTarget,
  power: ExportPower,
): Promise<string | Refusal> {
  const { id: projectId, accountId, endpoint, epoch } = project;
  const account = await storage.findAccount(accountId);
  const grant = {
    ...{ clientId: actor, secretId: noSecretId, accountId, projectId, endpoint, scopes: scopes[power] },
    epochs: { account: account?.epoch ?? 0, project: epoch, credential: 0 },
    secretExpiresAt: undefined,
  };
  const held = holdIssuing();
  if (held !== undefined) await held;
  const at = nowSeconds();
  const claims = createAccessTokenClaims(grant, { issuer, nowSeconds: at, tokenId: nextTokenId() });
  return signer({ ...claims, exp: at + lifetimeSeconds } satisfies AccessTokenClaims);
}
