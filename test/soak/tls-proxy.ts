/** A reverse proxy with TLS, as small as it can be, that does what the guide asks of one. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent, type IncomingMessage, request, type ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type TlsProxy = {
  readonly port: number;
  readonly stop: () => Promise<void>;
};

/** @param targets By the name that callers ask for, the http URL that answers for it; it may come later. */
export async function createTlsProxy(targets: ReadonlyMap<string, string>): Promise<TlsProxy> {
  const agent = new Agent({ keepAlive: true });
  const server = createServer(createCertificate([...targets.keys()]), (incoming, outgoing) => {
    const target = targets.get(incoming.headers.host?.split(":", 1)[0] ?? "");
    if (target === undefined) return void outgoing.writeHead(421).end();
    pass({ incoming, outgoing }, target, agent);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      agent.destroy();
    },
  };
}

type Exchange = { readonly incoming: IncomingMessage; readonly outgoing: ServerResponse };

function pass({ incoming, outgoing }: Exchange, target: string, agent: Agent): void {
  const { connection: _hop, "keep-alive": _hint, ...headers } = incoming.headers;
  // What a caller claims is not passed on.
  const told = { "x-forwarded-for": incoming.socket.remoteAddress ?? "", "x-forwarded-proto": "https" };
  const { method, url: path } = incoming;
  const onward = request(target, { agent, method, path, headers: { ...headers, ...told } }, (answer) => {
    const { connection: _none, "keep-alive": _wish, ...kept } = answer.headers;
    outgoing.writeHead(answer.statusCode ?? 502, kept);
    answer.pipe(outgoing);
  });
  onward.on("error", () => (outgoing.headersSent ? outgoing.destroy() : outgoing.writeHead(502).end()));
  incoming.pipe(onward);
}

/** Signed by itself, for these names. */
function createCertificate(names: readonly string[]) {
  const directory = mkdtempSync(join(tmpdir(), "biped-certificate-"));
  try {
    const [key, cert] = [join(directory, "key.pem"), join(directory, "cert.pem")];
    const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
    const named = ["-subj", "/CN=biped", "-addext", `subjectAltName=${names.map((name) => `DNS:${name}`).join(",")}`];
    execFileSync("openssl", ["req", ...kind, ...named, "-keyout", key, "-out", cert], { stdio: "ignore" });
    return { key: readFileSync(key), cert: readFileSync(cert) };
  } finally {
    rmSync(directory, { recursive: true });
  }
}
