/** Signing keys rotate on a real store while tokens are issued and a real guard, with its real cache, judges them. */

import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGuard } from "@biped/guard";
import { createLog } from "@biped/listener";
import { createAccessTokenClaims, isRefusal } from "@biped/protocol";
import { expect, test } from "vitest";
import { createKeyEncryptionKey } from "../apps/authorization-server/src/signing/envelope.ts";
import {
  keySetMaxAgeSeconds,
  nextSeconds,
  passiveSeconds,
} from "../apps/authorization-server/src/signing/key-life-cycle.ts";
import { openKeyRing } from "../apps/authorization-server/src/signing/key-ring.ts";
import { createSigner } from "../apps/authorization-server/src/signing/signer.ts";
import { openStorage } from "../apps/authorization-server/src/storage/open-storage.ts";

const issuer = "https://auth.example.com";
const endpoint = "https://api.eu-west-1.example.com";

test("R-23, L-04: over a day of hourly rotations no good token is refused, and a key that is gone verifies nothing", async () => {
  const directory = await mkdtemp(join(tmpdir(), "biped-rotation-"));
  const storage = await openStorage(`sqlite:${join(directory, "keys.db")}`);
  let now = 1_800_000_000;
  const nowSeconds = () => now;
  const keyRing = await openKeyRing({
    storage,
    kek: createKeyEncryptionKey(randomBytes(32)),
    policy: { algorithm: "ES256", rsaBits: 2048, lifetimeSeconds: 3600 },
    nowSeconds,
    log: createLog("silent", () => {}),
  });
  const signer = createSigner({ activeKey: keyRing.active, monotonicSeconds: nowSeconds });
  let fetches = 0;
  const guard = createGuard({
    issuer,
    endpoint,
    clockToleranceSeconds: 0,
    revocations: "off",
    nowSeconds,
    monotonicSeconds: nowSeconds,
    fetch: async () => {
      fetches += 1;
      return Response.json(keyRing.keySet(), {
        headers: { "cache-control": `public, max-age=${keySetMaxAgeSeconds}` },
      });
    },
  });
  const issue = async (): Promise<string> => {
    const grant = {
      clientId: "c3133d76-a768-4f5a-8f0e-000000000001",
      secretId: "5f0c0d0e-0000-4000-8000-000000000001",
      accountId: 1,
      projectId: 42,
      endpoint,
      scopes: ["data-export"],
      epochs: { account: 0, project: 0, credential: 0 },
      secretExpiresAt: undefined,
    };
    const facts = { issuer, nowSeconds: now, tokenId: randomBytes(16).toString("base64url") };
    const token = await signer(createAccessTokenClaims(grant, facts));
    if (isRefusal(token)) throw new Error("the signer refused");
    return token;
  };

  let alive: { token: string; expiresAt: number }[] = [];
  const kids = new Set<string>();
  const refused: string[] = [];
  let judged = 0;
  const stepSeconds = 60;
  for (let elapsed = 0; elapsed < 86_400; elapsed += stepSeconds) {
    await keyRing.refresh();
    kids.add(keyRing.active().key.kid);
    const [oldest] = alive;
    const fresh = { token: await issue(), expiresAt: now + 3600 };
    alive = [...alive.filter(({ expiresAt }) => expiresAt > now), fresh];
    // The newest, the oldest and one between: each token is judged at the ends of its life, where it is in danger.
    for (const { token } of [fresh, alive[0]!, alive[Math.floor(alive.length / 2)]!]) {
      const verdict = await guard.verify(token);
      judged += 1;
      if (isRefusal(verdict)) refused.push(`${elapsed}: ${verdict.code} ${verdict.reason}`);
    }
    if (oldest !== undefined && oldest.expiresAt <= now) {
      expect(await guard.verify(oldest.token)).toMatchObject({ code: "JWT_EXPIRED" });
    }
    now += stepSeconds;
  }
  expect(refused).toEqual([]);
  expect(judged).toBe(3 * 1440);
  // A key signs for its lifetime, and the next one takes over when it is due.
  expect(kids.size).toBe(24);
  expect(fetches).toBeGreaterThan(24);

  const [last] = alive.slice(-1);
  now += nextSeconds + passiveSeconds + 3600;
  for (let steps = 0; steps < 200; steps += 1) {
    await keyRing.refresh();
    now += stepSeconds;
  }
  expect(
    keyRing.findPublicKey(JSON.parse(Buffer.from(last!.token.split(".")[0]!, "base64url").toString()).kid),
  ).toBeUndefined();
  expect(await guard.verify(last!.token)).toMatchObject({ code: "JWT_INVALID" });

  guard.close();
  await storage.close();
  await rm(directory, { recursive: true });
}, 120_000);
