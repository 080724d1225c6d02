/** Asks for a token as a program does, and says no more than what came of it. */

import type { Site } from "./journal.ts";

export type TokenAnswer =
  | { readonly kind: "token"; readonly token: string }
  | { readonly kind: "refused"; readonly status: number }
  /** Nobody answered, or the store was away. */
  | { readonly kind: "no answer" };

export async function askToken(
  { publicUrl }: Pick<Site, "publicUrl">,
  { clientId, secret }: { readonly clientId: string; readonly secret: string },
  scope: string,
): Promise<TokenAnswer> {
  const body = { client_id: clientId, client_secret: secret, grant_type: "client_credentials", scope };
  try {
    const answer = await fetch(`${publicUrl}/v1/oauth/token`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(10_000),
    });
    const { access_token: token } = (await answer.json()) as { readonly access_token?: string };
    if (answer.status === 200 && token !== undefined) return { kind: "token", token };
    return answer.status >= 500 ? { kind: "no answer" } : { kind: "refused", status: answer.status };
  } catch {
    return { kind: "no answer" };
  }
}
