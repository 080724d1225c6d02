/** A token endpoint that counts: it grants whatever is asked, always the same token. */

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { TokenService } from "./token-clients.ts";

export type TokenEndpoint = {
  readonly service: TokenService;
  readonly accessToken: string;
  /** Token requests since the last call. */
  readonly takeCount: () => number;
  readonly close: () => void;
};

/** As many connections at once as the peers open. */
const backlog = 2_000;

export async function startTokenEndpoint(): Promise<TokenEndpoint> {
  // As long as a real one: header, claims and signature of 2,048 bits.
  const accessToken = [60, 400, 256].map((bytes) => randomBytes(bytes).toString("base64url")).join(".");
  const tokenPath = "/v1/oauth/token";
  const scope = "data-export";
  let count = 0;
  let origin = "";
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    request.resume();
    const isAsked = request.method === "POST" && request.url === tokenPath;
    if (isAsked) count += 1;
    const granted = { access_token: accessToken, token_type: "bearer", expires_in: 3600 };
    response.writeHead(isAsked ? 200 : 404, { "content-type": "application/json", "cache-control": "no-store" });
    response.end(JSON.stringify(isAsked ? { ...granted, scope, project_id: 42, endpoint: origin } : {}));
  };
  const server = createServer(answer).listen({ port: 0, host: "127.0.0.1", backlog });
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The token endpoint has no port.");
  origin = `http://127.0.0.1:${address.port}`;
  const [clientId, clientSecret] = ["bench-client", randomBytes(32).toString("base64url")];
  return {
    service: { origin, tokenPath, clientId, clientSecret, scope },
    accessToken,
    takeCount: () => {
      const taken = count;
      count = 0;
      return taken;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
