import { type HttpRequest, readParameters } from "@biped/listener";
import {
  checkQuery,
  isRefusal,
  type Parameters,
  type PresentedCredential,
  parseClientAuthentication,
  type Refusal,
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
