import { connect as connectSocket, createServer, type Server, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** A way to the server that can be cut or go silent. */
export async function createWay(url: string) {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  let isSilent = false;
  const server: Server = createServer((near) => {
    const far = connectSocket(Number(target.port), target.hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on("data", (bytes) => isSilent || to.write(bytes));
      from.on("error", () => to.destroy());
      from.on("close", () => to.destroy());
    }
  });
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  await listen(0);
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const cut = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(cut);
  const way = new URL(url);
  way.port = String(port);
  return {
    url: way.href,
    cut,
    mend: () => listen(port),
    setSilent: (value: boolean) => {
      isSilent = value;
    },
  };
}
