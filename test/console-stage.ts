/** A server that has some life, and a visitor and its owner at it: for files that go through many pages and change little. */

import type { Browser } from "playwright-core";
import { launchBrowser, type OpenedPage, openPageIn } from "./browser.ts";
import { createExportingCloud } from "./console-exports.ts";
import { makeLife, type Subjects, shortLife } from "./console-life.ts";
import { type Administrator, type ConsoleServer, startConsoleServer } from "./console-server.ts";
import { createFacts } from "./started-server.ts";

export type Stage = {
  readonly browser: Browser;
  readonly server: ConsoleServer;
  readonly owner: Administrator;
  readonly subjects: Subjects;
  /** A page of its own, so that several may be looked at side by side. */
  readonly openAs: (who: "visitor" | "owner") => Promise<OpenedPage>;
  readonly stop: () => Promise<void>;
};

export async function setStage(): Promise<Stage> {
  const [browser, server] = await Promise.all([launchBrowser(), startConsoleServer()]);
  const owner = await server.addAdministrator({ email: "vera@example.com", name: "Vera Lind", isPlatformOwner: true });
  server.clouds.fetch = (url, init) => createExportingCloud(server.clock.seconds).fetch(url, init);
  const subjects = await live(server, owner);
  const contexts = {
    visitor: (await server.open(browser)).context,
    owner: (await server.open(browser, owner)).context,
  };
  return {
    browser,
    server,
    owner,
    subjects,
    openAs: (who) => openPageIn(contexts[who], server.origin),
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
