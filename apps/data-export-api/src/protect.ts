import type { AccessToken, Guard } from "@biped/guard";
import type { Answer, Endpoint, HttpRequest } from "@biped/listener";
import { isRefusal, type Refusal } from "@biped/protocol";

/** An endpoint that cannot be reached without a token, because its routes take an `Endpoint`. */
export type ProtectedEndpoint = (
  request: HttpRequest,
  token: AccessToken,
) => Answer | Refusal | Promise<Answer | Refusal>;

const requirement = { scopes: ["data-export"] };

/** The token comes before everything else: a stranger learns nothing of what a request should have looked like. */
export function protect(guard: Pick<Guard, "authorize">, endpoint: ProtectedEndpoint): Endpoint {
  return async (request) => {
    const token = await guard.authorize(request, requirement);
    return isRefusal(token) ? token : endpoint(request, token);
  };
}
