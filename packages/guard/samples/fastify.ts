import { createGuard } from "@biped/guard";
import { requireAccessToken } from "@biped/guard/fastify";
import fastify from "fastify";

const guard = createGuard({ issuer: "https://auth.example.com", endpoint: "https://api.eu-west-1.example.com" });
export const app = fastify();

app.get("/v1/exports", { onRequest: requireAccessToken(guard, { scopes: ["data-export"] }) }, async (request) => {
  return { success: true, payload: await findExports(request.accessToken.project_id) };
});

const findExports = async (projectId: number) => [{ jobId: 1, projectId }];
