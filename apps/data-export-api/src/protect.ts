import type { AccessToken, Guard } from "@biped/guard";
import type { Answer, Endpoint, HttpRequest } from "@biped/listener";
import { isRefusal, type Refusal } from "@biped/protocol";
import type { TakePlace } from "./places.ts";

/** An endpoint that cannot be reached without a token, because its routes take an `Endpoint`. */
export type ProtectedEndpoint = (
  request: HttpRequest,
  token: AccessToken,
) => Answer | Refusal | Promise<Answer | Refusal>;

export type Protection = {
  readonly guard: Pick<Guard, "authorize">;
  readonly scope: string;
  readonly takePlace: TakePlace;
};

/** The token comes before everything else: a stranger learns nothing of what a request should have looked like. */
export function protect({ guard, scope, takePlace }: Protection, endpoint: ProtectedEndpoint): Endpoint {
  const requirement = { scopes: [scope] };
  return async (request) => {
    const token = await guard.authorize(request, requirement);
    if (isRefusal(token)) return token;
    const leave = takePlace(token.project_id);
    if (isRefusal(leave)) return leave;
    try {
      const outcome = await endpoint(request, token);
      // An answer may be some megabytes, which stay in memory until they are taken.
      if (!isRefusal(outcome)) return { ...outcome, onClose: leave };
      leave();
      return outcome;
    } catch (error) {
      leave();
      throw error;
    }
  };
}
