/** Changes of every kind, on any node, at any time. */

import { StoreUnavailable } from "@biped/database";
import { isRefusal } from "@biped/protocol";
import type { LocalNode } from "../local-node.ts";
import type { Run } from "./cluster.ts";
import { createNumberedKey, endpoints, issuer, scopes } from "./world.ts";

const pauseMilliseconds = 4_000;

export async function administer(run: Run): Promise<void> {
  const { time, random, draw, nodes, note } = run;
  for (let number = 1; ; number += 1) {
    await time.sleep(random() * pauseMilliseconds);
    if (run.isOver()) return;
    const node = draw(nodes).current();
    if (node === undefined) continue;
    const [name, change] = draw(listChanges(run, node, number));
    // Of a node that is killed no answer comes.
    const answer = await Promise.race([attempt(change), time.sleep(5_000).then(() => "no answer")]);
    note(`change: ${name} ${answer}`);
  }
}

async function attempt(change: () => Promise<unknown>): Promise<string> {
  try {
    const answer = await change();
    return isRefusal(answer) ? answer.code : "done";
  } catch (error) {
    if (error instanceof StoreUnavailable) return "store away";
    throw error;
  }
}

type Change = readonly [name: string, change: () => Promise<unknown>];

function listChanges(run: Run, node: LocalNode, number: number): readonly Change[] {
  const { draw, random, truth } = run;
  const make = node.management("operator");
  const { clientId, accountId, projectId } = draw(run.credentials);
  const flip = (subject: string) => (truth.read(subject).state === "enabled" ? "disabled" : "enabled");
  const { cloud } = truth.read(`project:${projectId}`);
  const clouds = Object.keys(endpoints).filter((name) => name !== cloud);
  const changes: readonly Change[] = [
    ["account state", () => make.setAccountState({ accountId, state: flip(`account:${accountId}`) })],
    ["project state", () => make.changeProject({ projectId, state: flip(`project:${projectId}`) })],
    ["credential state", () => make.changeCredential({ clientId, state: flip(`credential:${clientId}`) })],
    ["scopes", () => make.changeCredential({ clientId, scopes: random() < 0.5 ? ["data-export"] : scopes })],
    ["tokens of account", () => make.revokeTokensOf({ kind: "account", id: accountId })],
    ["tokens of project", () => make.revokeTokensOf({ kind: "project", id: projectId })],
    ["tokens of credential", () => make.revokeTokensOf({ kind: "credential", clientId })],
    ["tokens before now", () => make.revokeTokensBefore({})],
    ["move", () => make.moveProject({ projectId, cloud: draw(clouds) })],
    ["rotation", () => rotate(run, node, clientId)],
    ["end of a secret", () => endSecret(run, node, clientId)],
    ["token", () => revokeToken(run, node)],
    ["key", () => compromiseKey(run, node, number)],
  ];
  return changes;
}

async function rotate({ secrets }: Run, node: LocalNode, clientId: string): Promise<unknown> {
  const rotated = await node.management("operator").rotateSecret({ clientId });
  if (isRefusal(rotated)) return rotated;
  const { secretId: id, clientSecret: text = "" } = rotated;
  secrets.get(clientId)?.push({ id, text });
  return rotated;
}

/** The former one, at once; where there is one alone, nothing. */
async function endSecret({ secrets }: Run, node: LocalNode, clientId: string): Promise<unknown> {
  const known = secrets.get(clientId) ?? [];
  const [former] = known;
  if (former === undefined || known.length < 2) return "nothing to end";
  const retired = await node.management("operator").retireSecret({ clientId, secretId: former.id });
  known.shift();
  return retired;
}

/** RFC 7009, by the credential itself. */
async function revokeToken({ tokens, secrets, draw }: Run, node: LocalNode): Promise<unknown> {
  if (tokens.length === 0) return "no token";
  const { token, facts } = draw(tokens);
  const text = secrets.get(facts.clientId)?.at(-1)?.text ?? "";
  const body = { client_id: facts.clientId, client_secret: text, token };
  const headers = { "content-type": "application/json" };
  await node.fetch(`${issuer}/v1/oauth/revoke`, { method: "POST", headers, body: JSON.stringify(body) });
  return "asked";
}

async function compromiseKey({ time }: Run, { storage }: LocalNode, number: number): Promise<unknown> {
  const active = (await storage.listSigningKeys()).find(({ state }) => state === "active");
  if (active === undefined) throw new Error("No signing key is active.");
  const at = Math.floor(time.now() / 1000);
  const compromise = {
    kid: active.kid,
    replacement: createNumberedKey(number, at),
    formerActiveKid: active.kid,
  };
  return storage.compromiseSigningKey(compromise, { at, actor: "operator", requestId: undefined });
}
