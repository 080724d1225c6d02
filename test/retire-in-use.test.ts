/** A rotation is completed only when nobody uses the former secret any more, also when its last use was just now. */

import { createHash, randomBytes, randomUUID } from "node:crypto";
import { createManagementClient } from "@biped/management-client";
import { createSecret } from "@biped/protocol";
import { expect, test } from "vitest";
import { createFacts, post, startServer, tokenRequest } from "./started-server.ts";

test("R-10: 409 for a former secret whose use is counted and not yet written; 200 once it was silent", async () => {
  const started = await startServer("sqlite");
  const { project: held } = await createFacts(started);
  const { storage } = started.server;
  const author = { at: started.clock.seconds, actor: "operator", requestId: undefined };
  const [administratorId, token] = [randomUUID(), createSecret("admin", randomBytes)];
  const person = { id: administratorId, email: "ada@example.com", name: "Ada", passwordHash: "of a test" };
  await storage.createAdministrator({ ...person, isPlatformOwner: true }, author);
  const digest = createHash("sha256").update(token).digest("hex");
  const scopes = ["credentials"];
  const made = { id: randomUUID(), administratorId, name: "test", digest, scopes, accountId: undefined };
  await storage.createAccessToken({ ...made, expiresAt: author.at + 86_400 }, author);
  const headers = { authorization: `Bearer ${token}` };
  const management = createManagementClient({ baseUrl: started.adminUrl, fetch, headers });

  const params = { clientId: held.clientId };
  const former = (await management.call("GET /api/credentials/:clientId", { params })).secrets[0]?.id ?? "";
  started.clock.seconds += 7200;
  await management.call("POST /api/credentials/:clientId/secrets", { params, body: {} });
  expect((await post(`${started.url}/v1/oauth/token`, tokenRequest(held))).status).toBe(200);
  const complete = () =>
    management.call("DELETE /api/credentials/:clientId/secrets/:secretId", {
      params: { ...params, secretId: former },
      query: { unlessUsedWithinSeconds: 3600 },
    });
  await expect(complete()).rejects.toMatchObject({ status: 409, errorCode: "CONFLICT" });
  started.clock.seconds += 3601;
  expect((await complete()).secrets.map(({ id }) => id)).not.toContain(former);
  await started.stop();
});
