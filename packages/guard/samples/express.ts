import { createGuard } from "@biped/guard";
import { requireAccessToken } from "@biped/guard/express";
import express from "express";

const guard = createGuard({ issuer: "https://auth.example.com", endpoint: "https://api.eu-west-1.example.com" });
export const app = express();

app.get("/v1/exports", requireAccessToken(guard, { scopes: ["data-export"] }), async (request, response) => {
  response.json({ success: true, payload: await findExports(request.accessToken.project_id) });
});

const findExports = async (projectId: number) => [{ jobId: 1, projectId }];
