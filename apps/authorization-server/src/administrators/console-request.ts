import type { HttpRequest } from "@biped/listener";
import { type Refusal, refuse } from "@biped/protocol";

const json = /^application\/json[\t ]*(?:;[\t ]*charset=(?:utf-8|"utf-8")[\t ]*)?$/i;

/**
 * a change by cookie comes from a page of this server, by a script that could set a header and a type which no
 * form can. @param consoleUrl Where people reach the console.
 */
export function checkConsoleRequest(request: HttpRequest, consoleUrl: string): Refusal | undefined {
  const isTyped = request.contentType === undefined ? request.body.length === 0 : json.test(request.contentType);
  if (!isTyped) return refuseForged("content type");
  if (request.header("x-biped-console") !== "1") return refuseForged("header x-biped-console");
  return isSameOrigin(request, consoleUrl) ? undefined : refuseForged("origin");
}

/** Browsers before Fetch Metadata (W3C) tell the origin alone. A request that tells neither is not the console's. */
function isSameOrigin(request: HttpRequest, consoleUrl: string): boolean {
  const site = request.header("sec-fetch-site");
  if (site !== undefined) return site === "same-origin";
  const [origin, host] = [request.header("origin"), request.header("host")];
  if (origin === undefined) return false;
  const own = host === undefined || host === "" ? [] : [`https://${host}`, `http://${host}`];
  return [new URL(consoleUrl).origin, ...own].includes(origin);
}

function refuseForged(what: string): Refusal {
  return refuse("FORBIDDEN", "A change has to come from the console itself.", `not from the console: ${what}`);
}
