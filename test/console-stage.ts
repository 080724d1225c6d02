/** A server that has some life, and a visitor and its owner at it: for files that go through many pages and change little. */

import type { Browser } from "playwright-core";
import { launchBrowser, type OpenedPage } from "./browser.ts";
import { makeLife, type Subjects, shortLife } from "./console-life.ts";
import { type Administrator, type ConsoleServer, startConsoleServer } from "./console-server.ts";
import { createFacts } from "./started-server.ts";

export type Stage = {
  readonly browser: Browser;
  readonly server: ConsoleServer;
  readonly owner: Administrator;
  readonly subjects: Subjects;
  readonly visitor: OpenedPage;
  readonly signedIn: OpenedPage;
  readonly stop: () => Promise<void>;
};

export async function setStage(): Promise<Stage> {
  const [browser, server] = await Promise.all([launchBrowser(), startConsoleServer()]);
  const owner = await server.addAdministrator({ email: "vera@example.com", name: "Vera Lind", isPlatformOwner: true });
  const subjects = await live(server, owner);
  return {
    browser,
    server,
    owner,
    subjects,
    visitor: await server.open(browser),
    signedIn: await server.open(browser, owner),
    stop: async () => {
      await browser.close();
      await server.stop();
    },
  };
}

async function live(server: ConsoleServer, owner: Administrator): Promise<Subjects> {
  const facts = await createFacts(server);
  const living = {
    issuer: server.url,
    signIn: () => server.call(owner),
    moveClock: async (seconds: number) => {
      server.clock.seconds += seconds;
    },
    nowSeconds: async () => server.clock.seconds,
    waitForCounts: async () => {},
    accountId: facts.first.id,
    projectId: 42,
    busy: facts.project,
    quiet: facts.account,
  };
  return makeLife(living, shortLife);
}
