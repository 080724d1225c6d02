import { type HttpRequest, readParameters } from "@biped/listener";
import {
  checkQuery,
  isRefusal,
  type Parameters,
  type PresentedCredential,
  parseClientAuthentication,
  type Refusal,
  readText,
} from "@biped/protocol";

export type ClientRequest<Asked> = { readonly presented: PresentedCredential; readonly asked: Asked };

/**
 * The Read step of every endpoint at which a credential authenticates. The whole shape of the request is judged
 * before the absence of a credential is: first 400, then 401.
 * @param parseAsked Reads what this endpoint wants besides the credential.
 */
export function readClientRequest<Asked>(
  request: HttpRequest,
  parseAsked: (parameters: Parameters) => Asked | Refusal,
): ClientRequest<Asked> | Refusal {
  const misplaced = checkQuery(request.query);
  if (misplaced !== undefined) return misplaced;
  const parameters = readParameters(request);
  if (isRefusal(parameters)) return parameters;
  const asked = parseAsked(parameters);
  if (isRefusal(asked)) return asked;
  const presented = parseClientAuthentication(request.authorization, parameters);
  return isRefusal(presented) ? presented : { presented, asked };
}

/** The `token` of introspection and revocation (RFC 7662 §2.1, RFC 7009 §2.1); undefined where it is absent. */
export function parseTokenParameter(parameters: Parameters): string | undefined | Refusal {
  return readText(parameters, { name: "token", maxLength: 8192 });
}
