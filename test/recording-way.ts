/** A way to a server over HTTP that notes what passes, and can lose an answer after the server has done its work. */

import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";

export type Passed = {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
};

export type RecordingWay = {
  readonly url: string;
  readonly passed: Passed[];
  /** The answer to the next request of this method never arrives. */
  readonly loseNextAnswer: (method: string) => void;
  readonly stop: () => Promise<void>;
};

export async function createRecordingWay(target: string): Promise<RecordingWay> {
  const passed: Passed[] = [];
  let lost: string | undefined;
  const server = createServer(async (request, response) => {
    const { method = "", url: path = "", headers } = request;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    passed.push({ method, path, headers, body: bytes.toString() });
    const sent = Object.entries(headers).filter(([name]) => !/^(host|connection|content-length|te)$/.test(name));
    const answer = await fetch(`${target}${path}`, {
      method,
      headers: sent as [string, string][],
      redirect: "manual",
      ...(bytes.length === 0 ? {} : { body: bytes }),
    });
    const content = Buffer.from(await answer.arrayBuffer());
    if (lost === method) {
      lost = undefined;
      response.destroy();
      return;
    }
    for (const [name, value] of answer.headers) {
      if (!/^(connection|keep-alive|transfer-encoding)$/.test(name)) response.appendHeader(name, value);
    }
    response.writeHead(answer.status);
    response.end(content);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    passed,
    loseNextAnswer: (method) => {
      lost = method;
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
