import { expect, test } from "vitest";
import { startServer } from "./started-server.ts";

test("a server that is asked to stop twice stops once, and both wait until it has", async () => {
  const { server, url, stop } = await startServer("sqlite");
  const first = server.stop();
  expect(server.stop()).toBe(first);
  await first;
  await expect(fetch(`${url}/healthz`)).rejects.toThrow();
  await stop();
});
