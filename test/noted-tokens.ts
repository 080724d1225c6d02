/** Hears of each answer of this process's HTTP servers that carries an access token, whoever asked for it. */

import { subscribe } from "node:diagnostics_channel";
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";

type Listened = { readonly response: ServerResponse; readonly socket: Socket };

/** @param port Of the server that answered. */
export function noteTokens(note: (answer: string, port: number) => void): void {
  subscribe("http.server.request.start", (message) => {
    const { response, socket } = message as Listened;
    // Asked for now: it has none once the connection is gone.
    const port = socket.localPort ?? 0;
    const { end } = response;
    response.end = (...given: unknown[]) => {
      const [text] = given;
      const isToken = response.statusCode === 200 && typeof text === "string" && text.includes('"access_token"');
      if (isToken) note(text, port);
      return Reflect.apply(end, response, given) as ServerResponse;
    };
  });
}
