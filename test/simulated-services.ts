/** An authentication service and an API as one function in the shape of `fetch`, in virtual time and with faults. */

import type { VirtualTime } from "./virtual-time.ts";

export type Faults = {
  /** Share of calls whose token is refused once, though it is good. */
  readonly refusedShare: number;
  /** Share of requests, those for tokens included, whose connection breaks without an answer. */
  readonly cutShare: number;
};

export type SimulatedServices = {
  readonly fetch: (input: RequestInfo | URL, init?: RequestInit) => Promise<Response>;
  readonly counts: { tokenRequests: number; inFlight: number; mostInFlight: number; refused: number; cut: number };
  /** When a token was issued, in epoch milliseconds. */
  readonly issued: number[];
};

const lifetimeSeconds = 3600;
/** The shapes in which services say that a token is refused. */
const refusals = [
  () =>
    Response.json(
      { success: false, errorMessage: "Auth token is expired.", errorCode: "JWT_EXPIRED" },
      { status: 401 },
    ),
  () => Response.json({ success: false, errorMessage: "Taken back.", errorCode: "JWT_REVOKED" }, { status: 401 }),
  () =>
    new Response(null, { status: 401, headers: { "www-authenticate": 'Bearer realm="api", error="invalid_token"' } }),
  () => Response.json({ error: "invalid_token" }, { status: 401 }),
] as const;

export function createSimulatedServices(time: VirtualTime, random: () => number, faults: Faults): SimulatedServices {
  const counts = { tokenRequests: 0, inFlight: 0, mostInFlight: 0, refused: 0, cut: 0 };
  const issued: number[] = [];
  const ends = new Map<string, number>();
  const struck = new Set<string>();

  const issueToken = (): Response => {
    counts.tokenRequests += 1;
    const accessToken = `token-${counts.tokenRequests}`;
    ends.set(accessToken, time.now() + lifetimeSeconds * 1000);
    issued.push(time.now());
    const answer = {
      access_token: accessToken,
      token_type: "bearer",
      expires_in: lifetimeSeconds,
      scope: "data-export",
    };
    return Response.json({ ...answer, project_id: 42, endpoint: "https://api.cloud.example.com" });
  };
  const answerCall = (headers: Headers): Response => {
    const end = ends.get(headers.get("authorization")?.replace("Bearer ", "") ?? "") ?? 0;
    const call = headers.get("x-call") ?? "";
    const isStruck = random() < faults.refusedShare && !struck.has(call);
    if (time.now() < end && !isStruck) return Response.json({ call });
    if (isStruck) struck.add(call);
    counts.refused += 1;
    return refusals[Math.floor(random() * refusals.length)]?.() ?? Response.error();
  };

  const fetch = async (input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> => {
    const isToken = String(input) === "https://auth.example.com/v1/oauth/token";
    if (isToken) counts.inFlight += 1;
    counts.mostInFlight = Math.max(counts.mostInFlight, counts.inFlight);
    await time.sleep(5 + random() * 195);
    const isCut = random() < faults.cutShare;
    const answer = isCut ? undefined : isToken ? issueToken() : answerCall(new Headers(init.headers));
    await time.sleep(5 + random() * 195);
    if (isToken) counts.inFlight -= 1;
    if (answer) return answer;
    counts.cut += 1;
    throw new TypeError("fetch failed", { cause: Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }) });
  };
  return { fetch, counts, issued };
}

/** Mulberry32: what a printed seed replays. */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
