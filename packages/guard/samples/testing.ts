import { createGuard } from "@biped/guard";
import { requireAccessToken } from "@biped/guard/fetch";
import { type BadToken, badTokenNames, createTestIssuer } from "@biped/guard/testing";

const issuer = await createTestIssuer();
const guard = createGuard(issuer.guardOptions);
const api = requireAccessToken(guard, { scopes: ["data-export"] }, () => Response.json({ success: true }));

const call = (token: string) =>
  api(new Request("https://api.example.com/", { headers: { authorization: `Bearer ${token}` } }));

export const good = await call(await issuer.mint({ project_id: 7 }));
export const refused = new Map<BadToken, Response>();
for (const name of badTokenNames) refused.set(name, await call(await issuer.mintBad(name)));

const token = await issuer.mint();
issuer.advance(3700);
export const expired = await call(token);
