import type { CommandContext } from "../command-context.ts";
import { CommandError } from "../command-error.ts";
import { findCredential } from "../credential.ts";
import { exitCodes } from "../exit-codes.ts";
import type { GlobalOptions } from "../global-options.ts";
import { chooseScope, createClientFor } from "../open-client.ts";
import { decodeToken } from "../token/decoded-token.ts";

export type DrilledToken = { readonly kid: string; readonly accessToken: string };

export type DrilledTokens = {
  /** From before the drill. */
  readonly former: DrilledToken;
  /** Another one, each time. */
  readonly issue: () => Promise<DrilledToken>;
  readonly call: (api: URL, token: DrilledToken) => Promise<Response>;
};

const answerMilliseconds = 5_000;

/** Tokens as programs get them, with the credential that the options name. */
export async function openDrilledTokens(context: CommandContext, options: GlobalOptions): Promise<DrilledTokens> {
  const { signal } = context;
  const credential = await findCredential(context.environment, options);
  const asked = createClientFor(context, credential);
  const scope = credential.scope ?? chooseScope((await asked.information({ signal })).scopes);
  // A client remembers its token: each of these has none yet.
  const issue = async (): Promise<DrilledToken> => {
    const { accessToken } = await createClientFor(context, { ...credential, scope }).token({ signal });
    return { accessToken, kid: readKeyId(accessToken) };
  };
  const call = async (api: URL, { accessToken }: DrilledToken): Promise<Response> => {
    const answer = await fetch(api, {
      headers: { authorization: `Bearer ${accessToken}`, accept: "application/json" },
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(answerMilliseconds)]),
    });
    await answer.body?.cancel();
    return answer;
  };
  return { former: await issue(), issue, call };
}

function readKeyId(accessToken: string): string {
  const decoded = decodeToken(accessToken);
  const kid = typeof decoded === "string" ? undefined : decoded.header.kid;
  if (typeof kid === "string") return kid;
  throw new CommandError("This service's tokens do not tell which key signed them", {
    exitCode: exitCodes.notOauth,
    code: "OPAQUE_TOKEN",
  });
}
