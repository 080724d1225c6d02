/** What must hold, asked all the time: no token for what was taken back, and no guard that accepts one. */

import { type Api, maxStalenessSeconds } from "./apis.ts";
import type { Run } from "./cluster.ts";
import type { SimulatedNode } from "./nodes.ts";
import type { TokenFacts } from "./truth.ts";
import { endpoints, issuer, type WorldCredential } from "./world.ts";

export type IssuedToken = { readonly token: string; readonly facts: TokenFacts };

/** I3: so late after a change a request may still begin that is decided without it. */
const graceMilliseconds = { heard: 1_000, cutOff: 5_000 };
/** What a node that was cut off takes to have read all that it missed. */
const catchUpMilliseconds = 2_000;
const guardMilliseconds = 10_000;
/** A long poll that was lost on its way is given up after so long. */
const lostPollMilliseconds = 15_000;
const keptTokens = 24;

export async function probeNodes(run: Run): Promise<void> {
  const open: Promise<void>[] = [];
  while (!run.isOver()) {
    await run.time.sleep(run.random() * 700);
    open.push(probeNode(run, run.draw(run.nodes), run.draw(run.credentials)).then(() => undefined));
  }
  // Of a node that is killed no answer comes.
  await Promise.race([Promise.all(open), run.time.sleep(10_000)]);
}

async function probeNode(run: Run, node: SimulatedNode, credential: WorldCredential): Promise<string> {
  const { time, truth } = run;
  const startedAt = time.now();
  const secret = run.draw(run.secrets.get(credential.clientId) ?? []);
  const impaired = node.impairedUntil() + catchUpMilliseconds;
  const scope = run.random() < 0.5 ? "data-export" : "data-export metrics";
  const answer = await askForToken(node, credential, { secret: secret.text, scope });
  const what = `${node.name} ${credential.clientId.slice(0, 4)} ${secret.id.slice(0, 4)}`;
  if (answer.token === undefined) {
    run.note(`refused: ${what} ${answer.status}`);
    return answer.status;
  }
  const facts = readFacts(answer.token);
  run.note(`issued: ${what} ${facts.tokenId} ${Object.values(facts.epochs)}`);
  const grace = startedAt < impaired ? graceMilliseconds.cutOff : graceMilliseconds.heard;
  const ungranted = truth.findUngranted(facts, [startedAt - grace, time.now()]);
  if (ungranted !== undefined) run.violate(`node ${node.name} issued a token in spite of ${ungranted}`);
  run.tokens.push({ token: answer.token, facts });
  if (run.tokens.length > keptTokens) run.tokens.shift();
  if (run.random() < 0.3) await probeGuard(run, drawApi(run, facts), { token: answer.token, facts });
  return "200";
}

type Asked = { readonly secret: string; readonly scope: string };

async function askForToken(
  node: SimulatedNode,
  { clientId, projectId, isAccountLevel }: WorldCredential,
  { secret, scope }: Asked,
): Promise<{ readonly status: string; readonly token?: string }> {
  const asked = node.current();
  if (asked === undefined) return { status: "down" };
  const body = {
    client_id: clientId,
    client_secret: secret,
    grant_type: "client_credentials",
    scope,
    ...(isAccountLevel ? { project_id: projectId } : {}),
  };
  const headers = { "content-type": "application/json" };
  try {
    const answer = await asked.fetch(`${issuer}/v1/oauth/token`, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    });
    const told = await answer.json();
    return answer.status === 200 ? { status: "200", token: told.access_token } : { status: told.errorCode };
  } catch (error) {
    return { status: error instanceof Error ? error.name : "unknown" };
  }
}

function readFacts(token: string): TokenFacts {
  const [header = "", payload = ""] = token.split(".").map((segment) => Buffer.from(segment, "base64url").toString());
  const claims = JSON.parse(payload || "{}");
  return {
    clientId: claims.client_id,
    secretId: claims.secret_id,
    accountId: claims.account_id,
    projectId: claims.project_id,
    scopes: claims.scope.split(" "),
    epochs: claims.epochs,
    endpoint: claims.aud,
    tokenId: claims.jti,
    kid: JSON.parse(header).kid,
    issuedAtSeconds: claims.iat,
  };
}

export async function probeGuards(run: Run): Promise<void> {
  const sequences = new Map<Api, number>();
  // In one run of three the guards are hardly used, so that they learn of what is new from tokens alone.
  const pauseMilliseconds = run.draw([700, 700, 8_000]);
  while (!run.isDone()) {
    await run.time.sleep(run.random() * pauseMilliseconds);
    if (run.tokens.length === 0) continue;
    const issued = run.draw(run.tokens);
    const api = drawApi(run, issued.facts);
    await probeGuard(run, api, issued);
    const { sequence } = api.guard.revocations();
    if (sequence < (sequences.get(api) ?? 0)) run.violate(`guard ${api.name} went back to ${sequence}`);
    sequences.set(api, sequence);
  }
}

function drawApi({ draw, apis }: Run, { endpoint }: TokenFacts): Api {
  return draw(apis.filter(({ cloud }) => endpoints[cloud] === endpoint));
}

async function probeGuard(run: Run, api: Api, { token, facts }: IssuedToken): Promise<string> {
  const { time, truth } = run;
  const startedAt = time.now();
  const answer = await api.judge(token);
  const calmSince = findCalm(run, api);
  run.note(`guarded: ${api.name} ${facts.tokenId} ${answer}`);
  const voidSince = truth.findVoidSince(facts);
  if (answer === "accepted") {
    const bound = Math.max(voidSince, calmSince) + guardMilliseconds;
    if (startedAt > bound) run.violate(`guard ${api.name} accepted what was void for ${startedAt - voidSince} ms`);
    const stale = voidSince + (maxStalenessSeconds + 1) * 1000;
    if (api.mode === "closed" && startedAt > stale) run.violate(`closed guard ${api.name} accepted a void token`);
  } else if (voidSince === Number.POSITIVE_INFINITY && startedAt > calmSince) {
    run.violate(`guard ${api.name} refused a good token: ${answer}`);
  }
  return answer;
}

/** Since when the guard can have got over it that one of its links or of the nodes was out of order. */
function findCalm({ nodes }: Run, { way }: Api): number {
  const troubles = [...nodes.map((node) => node.impairedUntil()), ...way.links.map((link) => link.brokenUntil())];
  return Math.max(...troubles) + lostPollMilliseconds;
}

/** Nothing that is good is refused for ever, and nothing that is void is accepted any more. */
export async function proveRecovery(run: Run): Promise<void> {
  for (const issued of run.tokens) {
    const apis = run.apis.filter(({ cloud }) => endpoints[cloud] === issued.facts.endpoint);
    for (const api of apis) await probeGuard(run, api, issued);
  }
  for (const { credential, call } of run.callers) {
    const wanted = isUsable(run, credential);
    for (const node of run.nodes) {
      const status = await probeNode(run, node, credential);
      if (wanted && status !== "200" && status !== "SCOPE_NOT_GRANTED") {
        run.violate(`node ${node.name} refused a good credential: ${status}`);
      }
    }
    if (!wanted) continue;
    const status = await call();
    run.note(`last call: ${credential.clientId} ${status}`);
    if (status !== 200) run.violate(`a call with a good credential ended with ${status}`);
  }
}

function isUsable({ truth, secrets }: Run, { clientId, accountId, projectId }: WorldCredential): boolean {
  const subjects = [`account:${accountId}`, `project:${projectId}`, `credential:${clientId}`];
  const isKnown = (secrets.get(clientId) ?? []).every(({ id }) => {
    return truth.read(`secret:${id}`).expiresAt !== Number.NEGATIVE_INFINITY;
  });
  return isKnown && subjects.every((subject) => truth.read(subject).state === "enabled");
}
