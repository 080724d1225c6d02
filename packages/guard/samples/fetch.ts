import { createGuard } from "@biped/guard";
import { requireAccessToken } from "@biped/guard/fetch";

const guard = createGuard({ issuer: "https://auth.example.com", endpoint: "https://api.eu-west-1.example.com" });

export const handle = requireAccessToken(guard, { scopes: ["data-export"] }, async (_request, accessToken) => {
  return Response.json({ success: true, payload: await findExports(accessToken.project_id) });
});

const findExports = async (projectId: number) => [{ jobId: 1, projectId }];
