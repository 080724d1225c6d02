import { randomInt } from "node:crypto";
import { createServer, type Server } from "node:net";

/**
 * Ports that were free a moment ago, below the range from which the system draws those of outgoing connections: one of
 * them would otherwise be taken by a connection before a server listens on it.
 */
export async function findFreePorts(count: number): Promise<readonly number[]> {
  const held = await Promise.all(Array.from({ length: count }, holdPort));
  await Promise.all(held.map(({ holder }) => new Promise((done) => holder.close(done))));
  return held.map(({ port }) => port);
}

async function holdPort(): Promise<{ readonly holder: Server; readonly port: number }> {
  for (;;) {
    const holder = createServer();
    const port = randomInt(20_000, 30_000);
    const isFree = await new Promise<boolean>((resolve) => {
      holder.once("error", () => resolve(false));
      holder.listen(port, "127.0.0.1", () => resolve(true));
    });
    if (isFree) return { holder, port };
  }
}
