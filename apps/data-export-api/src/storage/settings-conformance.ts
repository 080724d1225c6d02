import { expect } from "vitest";
import { group, otherProject, project, type Suite } from "./conformance.ts";
import type { LinkKey } from "./storage.ts";

const createKey = (keyId: string, createdAt: number): LinkKey => ({
  keyId,
  secret: Uint8Array.from({ length: 32 }, (_, index) => (index * 37 + createdAt) % 256),
  createdAt,
});

export function describeSettings(suite: Suite): void {
  group(suite, "settings", (it) => {
    it("a project of which nothing was set follows UTC, and its links are the first ones", async ({ storage }) => {
      expect(await storage.findProjectSettings(project)).toStrictEqual({ timeZone: "UTC", linkEpoch: 0 });
    });

    it("the time zone and the links' epoch are changed apart, each for its own project", async ({ storage }) => {
      await storage.setTimeZone(project, "Europe/Paris");
      await storage.raiseLinkEpoch(project);
      await storage.setTimeZone(project, "America/New_York");
      await storage.raiseLinkEpoch(project);
      await storage.raiseLinkEpoch(otherProject);
      expect(await storage.findProjectSettings(project)).toStrictEqual({ timeZone: "America/New_York", linkEpoch: 2 });
      expect(await storage.findProjectSettings(otherProject)).toStrictEqual({ timeZone: "UTC", linkEpoch: 1 });
    });

    it("twenty raises at once are twenty", async ({ storage, other }) => {
      await Promise.all(
        Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? storage : other).raiseLinkEpoch(project)),
      );
      expect(await storage.findProjectSettings(project)).toStrictEqual({ timeZone: "UTC", linkEpoch: 20 });
    });
  });

  group(suite, "link keys", (it) => {
    it("a key is kept where none is new enough, and all are listed, the newest first", async ({ storage }) => {
      const [first, second, third] = [createKey("b", 1000), createKey("a", 2000), createKey("c", 3000)];
      expect(await storage.listLinkKeys()).toStrictEqual([]);
      expect(await storage.keepLinkKey(first, 500)).toStrictEqual([first]);
      expect(await storage.keepLinkKey(second, 999)).toStrictEqual([first]);
      expect(await storage.keepLinkKey(second, 1000)).toStrictEqual([second, first]);
      expect(await storage.keepLinkKey(third, 2000)).toStrictEqual([third, second, first]);
      expect(await storage.listLinkKeys()).toStrictEqual([third, second, first]);
    });

    it("keys created before a moment are forgotten, and others follow", async ({ storage }) => {
      const [first, second, third] = [createKey("b", 1000), createKey("a", 2000), createKey("c", 3000)];
      await storage.keepLinkKey(first, 500);
      await storage.keepLinkKey(second, 1000);
      await storage.forgetLinkKeys(2000);
      expect(await storage.listLinkKeys()).toStrictEqual([second]);
      await storage.forgetLinkKeys(2001);
      expect(await storage.listLinkKeys()).toStrictEqual([]);
      expect(await storage.keepLinkKey(third, 2000)).toStrictEqual([third]);
    });

    it("several at once agree on one key, for the first time and each time after", async ({ storage, other }) => {
      for (const now of [1000, 2000, 3000]) {
        const keys = Array.from({ length: 10 }, (_, index) => createKey(`${now}-${index}`, now));
        const kept = await Promise.all(
          keys.map((key, index) => (index % 2 === 0 ? storage : other).keepLinkKey(key, now - 1)),
        );
        const listed = await storage.listLinkKeys();
        expect(listed.map(({ createdAt }) => createdAt)).toStrictEqual([3000, 2000, 1000].filter((at) => at <= now));
        for (const answer of kept) expect(answer).toStrictEqual(listed);
      }
    });

    it("ping answers while the store is there", async ({ storage }) => {
      await expect(storage.ping()).resolves.toBeUndefined();
    });
  });
}
