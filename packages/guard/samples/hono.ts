import { createGuard } from "@biped/guard";
import { requireAccessToken } from "@biped/guard/hono";
import { Hono } from "hono";

const guard = createGuard({ issuer: "https://auth.example.com", endpoint: "https://api.eu-west-1.example.com" });
export const app = new Hono();

app.get("/v1/exports", requireAccessToken(guard, { scopes: ["data-export"] }), async (c) => {
  return c.json({ success: true, payload: await findExports(c.get("accessToken").project_id) });
});

const findExports = async (projectId: number) => [{ jobId: 1, projectId }];
