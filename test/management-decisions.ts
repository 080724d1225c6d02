/** Who may do what, written by hand: the route walk compares the server with it, and not with the contract (M-03). */

export type Who = "anybody" | "signed-in" | "viewer" | "administrator" | "owner" | "platform-owner";

export type Decision = {
  readonly name: string;
  readonly who: Who;
  /** The scope that a token needs; `any` for what every token may; `never` for people alone. */
  readonly token: string;
  /** People must have proved who they are within five minutes. */
  readonly proof: boolean;
};

const table = `
GET    /api/sign-in-options                                         anybody         any             -
POST   /api/setup                                                   anybody         any             -
POST   /api/invitations/acceptance                                  anybody         any             -
POST   /api/session                                                 anybody         any             -
POST   /api/session/second-factor                                   anybody         any             -
POST   /api/session/passkey-challenge                               anybody         any             -
POST   /api/session/passkey                                         anybody         any             -
GET    /api/session                                                 signed-in       any             -
DELETE /api/session                                                 signed-in       never           -
POST   /api/session/step-up                                         signed-in       never           -
GET    /api/sessions                                                signed-in       never           -
DELETE /api/sessions/:sessionId                                     signed-in       never           -
PUT    /api/password                                                signed-in       never           proof
POST   /api/totp                                                    signed-in       never           proof
PUT    /api/totp                                                    signed-in       never           proof
DELETE /api/totp                                                    signed-in       never           proof
POST   /api/passkeys/challenge                                      signed-in       never           proof
POST   /api/passkeys                                                signed-in       never           proof
DELETE /api/passkeys/:passkeyId                                     signed-in       never           proof
POST   /api/recovery-codes                                          signed-in       never           proof
GET    /api/overview                                                signed-in       any             -
GET    /api/search                                                  signed-in       any             -
GET    /api/accounts                                                signed-in       any             -
POST   /api/accounts                                                platform-owner  accounts        -
GET    /api/accounts/:accountId                                     viewer          any             -
PATCH  /api/accounts/:accountId                                     owner           accounts        -
PUT    /api/accounts/:accountId/state                               platform-owner  accounts        proof
POST   /api/accounts/:accountId/revocation                          platform-owner  accounts        proof
GET    /api/projects                                                signed-in       any             -
POST   /api/accounts/:accountId/projects                            administrator   projects        -
GET    /api/projects/:projectId                                     viewer          any             -
PATCH  /api/projects/:projectId                                     administrator   projects        -
PUT    /api/projects/:projectId/cloud                               owner           projects        proof
POST   /api/projects/:projectId/revocation                          administrator   projects        proof
GET    /api/projects/:projectId/export-jobs                         viewer          any             -
POST   /api/projects/:projectId/export-jobs                         administrator   export-jobs     -
POST   /api/projects/:projectId/export-preview                      administrator   export-jobs     -
GET    /api/projects/:projectId/export-jobs/:jobId                  viewer          any             -
PUT    /api/projects/:projectId/export-jobs/:jobId/state            administrator   export-jobs     -
DELETE /api/projects/:projectId/export-jobs/:jobId                  administrator   export-jobs     -
GET    /api/projects/:projectId/export-jobs/:jobId/runs             viewer          any             -
GET    /api/projects/:projectId/export-jobs/:jobId/runs/:runId      administrator   export-jobs     -
GET    /api/projects/:projectId/exportable-fields                   viewer          any             -
GET    /api/projects/:projectId/export-settings                     viewer          any             -
PUT    /api/projects/:projectId/export-settings                     administrator   export-jobs     -
DELETE /api/projects/:projectId/export-links                        administrator   export-jobs     -
GET    /api/scopes                                                  signed-in       any             -
GET    /api/credentials                                             signed-in       any             -
POST   /api/accounts/:accountId/credentials                         administrator   credentials     proof
GET    /api/credentials/:clientId                                   viewer          any             -
PATCH  /api/credentials/:clientId                                   administrator   credentials     -
DELETE /api/credentials/:clientId                                   administrator   credentials     proof
POST   /api/credentials/:clientId/revocation                        administrator   credentials     proof
POST   /api/credentials/:clientId/secrets                           administrator   credentials     proof
DELETE /api/credentials/:clientId/secrets/:secretId                 administrator   credentials     proof
POST   /api/credentials/:clientId/secrets/:secretId/cancellation    administrator   credentials     proof
GET    /api/credentials/:clientId/usage                             viewer          any             -
GET    /api/credentials/:clientId/refusals                          viewer          any             -
GET    /api/clouds                                                  signed-in       any             -
POST   /api/clouds                                                  platform-owner  clouds          proof
PUT    /api/clouds/:cloud/endpoint                                  platform-owner  clouds          proof
GET    /api/signing-keys                                            platform-owner  any             -
POST   /api/signing-keys                                            platform-owner  signing-keys    proof
POST   /api/signing-keys/:kid/compromise                            platform-owner  signing-keys    proof
GET    /api/revocations                                             platform-owner  any             -
POST   /api/tokens/revocation                                       signed-in       credentials     -
POST   /api/tokens/revocation-before                                platform-owner  signing-keys    proof
GET    /api/administrators                                          signed-in       any             -
POST   /api/administrators                                          platform-owner  administrators  proof
PATCH  /api/administrators/:administratorId                         platform-owner  administrators  proof
POST   /api/administrators/:administratorId/invitation              platform-owner  administrators  proof
POST   /api/accounts/:accountId/members                             owner           administrators  proof
PUT    /api/accounts/:accountId/members/:administratorId            owner           administrators  proof
DELETE /api/accounts/:accountId/members/:administratorId            owner           administrators  proof
GET    /api/access-tokens                                           signed-in       never           -
POST   /api/access-tokens                                           signed-in       never           proof
DELETE /api/access-tokens/:accessTokenId                            signed-in       never           -
GET    /api/audit-events                                            signed-in       any             -
GET    /api/audit-events/export                                     signed-in       any             -
GET    /api/audit-log/head                                          platform-owner  any             -
GET    /api/audit-log/verification                                  platform-owner  any             -
`;

const ranks: readonly Who[] = ["anybody", "signed-in", "viewer", "administrator", "owner", "platform-owner"];

export const decisions: readonly Decision[] = table
  .trim()
  .split("\n")
  .map((line) => {
    const [method, path, who, token = "", proof] = line.split(/\s+/);
    const known = ranks.find((rank) => rank === who);
    if (known === undefined) throw new Error(line);
    return { name: `${method} ${path}`, who: known, token, proof: proof === "proof" };
  });

/** What is true of a caller in the account that the object is of. */
export type Standing = {
  readonly via: "nothing" | "session" | "token";
  /** Undefined out of their accounts. */
  readonly role: Who | undefined;
  readonly isPlatformOwner: boolean;
  readonly hasSecondFactor: boolean;
  readonly isProved: boolean;
  readonly scopes: readonly string[];
};

export type Verdict =
  | "allowed"
  | "401 UNAUTHENTICATED"
  | "403 FORBIDDEN"
  | "403 FORBIDDEN secondFactor"
  | "403 FORBIDDEN stepUp"
  | "404 NOT_FOUND";

/** @param isThere Whether the path names something; with no account in it, it counts as there. */
export function decide({ name, who, token, proof }: Decision, standing: Standing, isThere: boolean): Verdict {
  if (who === "anybody") return "allowed";
  if (standing.via === "nothing") return "401 UNAUTHENTICATED";
  if (standing.via === "token") {
    if (token !== "any" && !standing.scopes.includes(token)) return "403 FORBIDDEN";
  }
  if (/:(?:accountId|projectId|clientId)/.test(name) && (!isThere || standing.role === undefined)) {
    return "404 NOT_FOUND";
  }
  if (who === "signed-in") return proofVerdict(proof, standing);
  const rank = standing.isPlatformOwner ? "platform-owner" : (standing.role ?? "signed-in");
  if (ranks.indexOf(rank) < ranks.indexOf(who)) return "403 FORBIDDEN";
  if (who !== "viewer" && !standing.hasSecondFactor) return "403 FORBIDDEN secondFactor";
  return proofVerdict(proof, standing);
}

function proofVerdict(proof: boolean, { via, isProved }: Standing): Verdict {
  return proof && via === "session" && !isProved ? "403 FORBIDDEN stepUp" : "allowed";
}
