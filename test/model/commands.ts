/** M-04: what may be done to the system, in any order; each step compares what came of it with the model. */

import { isRefusal, paths } from "@biped/protocol";
import fc from "fast-check";
import { expect } from "vitest";
import {
  compromiseSigningKey,
  rotateSigningKey,
} from "../../apps/authorization-server/src/signing/change-signing-keys.ts";
import { config, createNodeParts, endpoints, issuer } from "../simulation/world.ts";
import * as reference from "./reference-model.ts";
import { at, get, type Model } from "./reference-model.ts";
import type { System } from "./system.ts";

type Chance = readonly [first: number, second: number, third: number, fourth: number];
type Step = (model: Model, system: System, chance: Chance) => Promise<void>;

const scopeSets = [
  ["data-export"],
  ["metrics"],
  ["enrichment"],
  ["data-export", "metrics"],
  ["metrics", "enrichment"],
  ["data-export", "metrics", "enrichment"],
];
const clouds = Object.keys(endpoints);
const pick = <Item>(items: readonly Item[], number: number): Item => at(items, number % items.length);
const manage = (system: System, number: number) => system.node(number).management("operator");

async function done(change: Promise<unknown>): Promise<void> {
  const answer = await change;
  if (isRefusal(answer)) throw new Error(`A change was refused: ${answer.description}`);
}

async function ask(system: System, number: number, path: string, body: object) {
  const headers = { "content-type": "application/json" };
  const init = { method: "POST", headers, body: JSON.stringify(body) };
  const answer = await system.node(number).fetch(`${issuer}${path}`, init);
  const text = await answer.text();
  const told = text === "" ? {} : JSON.parse(text);
  // Whoever fails too often is told so instead.
  const code: string = told.errorCode === "RATE_LIMITED" ? "INVALID_CLIENT" : told.errorCode;
  return { status: answer.status, told, code };
}

function identify({ clientIds, secrets }: System, credential: number, secret: number) {
  return { client_id: at(clientIds, credential), client_secret: at(at(secrets, credential), secret).text };
}

const issue: Step = async (model, system, [node, first, second, third]) => {
  const credential = first % model.credentials.length;
  const known = at(model.credentials, credential);
  // Mostly the newest secret and a project of its own account, or else hardly anybody would get a token.
  const secret = second % 4 === 0 ? second % known.secrets.length : known.secrets.length - 1;
  const projects = [...model.projects.keys()];
  const own = projects.filter((project) => get(model.projects, project).account === known.account);
  const isNamed = known.project === undefined ? third % 8 !== 0 : third % 8 === 0;
  const project = isNamed ? pick(third % 5 === 0 ? projects : own, second) : undefined;
  const request = { credential, secret, project, scopes: pick(scopeSets, third) };
  const expected = reference.expectAnswer(model, request);
  const { told, code } = await ask(system, node, paths.token, {
    ...identify(system, credential, secret),
    grant_type: "client_credentials",
    scope: request.scopes.join(" "),
    project_id: project,
  });
  expect(told.project_id ?? code).toBe(expected);
  if (typeof expected === "string") return;
  const [header = "", payload = ""] = String(told.access_token).split(".");
  const { kid } = JSON.parse(Buffer.from(header, "base64url").toString());
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
  const token = { ...reference.issue(model, request, kid), issuedAt: claims.iat };
  expect([claims.project_id, ...Object.values(claims.epochs)]).toEqual([expected, ...token.epochs]);
  expect(claims.aud).toBe(endpoints[token.cloud as keyof typeof endpoints]);
  model.tokens.push(token);
  system.tokens.push(told.access_token);
};

const introspect: Step = async (model, system, [node, first, second, third]) => {
  if (model.tokens.length === 0) return;
  const place = first % model.tokens.length;
  const token = at(model.tokens, place);
  const credential = third % 6 === 0 ? third % model.credentials.length : token.credential;
  const known = at(model.credentials, credential);
  const secret = second % 4 === 0 ? second % known.secrets.length : known.secrets.length - 1;
  const { told, code } = await ask(system, node, paths.introspection, {
    ...identify(system, credential, secret),
    token: at(system.tokens, place),
  });
  const isKnown = reference.canAuthenticate(model, known, secret);
  const isActive = credential === token.credential && reference.isActive(model, token);
  expect(told.active ?? code).toBe(isKnown ? isActive : "INVALID_CLIENT");
};

/** A guard learns what is new within seconds while it is used, so it is asked, and asked again. */
const use: Step = async (model, system, [first, second]) => {
  if (model.tokens.length === 0) return;
  const place = first % model.tokens.length;
  const token = at(model.tokens, place);
  const cloud = second % 4 === 0 ? pick(clouds, second) : token.cloud;
  const verify = async (): Promise<string> => {
    const outcome = await system.guard(cloud).verify(at(system.tokens, place));
    return isRefusal(outcome) ? outcome.code : "accepted";
  };
  for (let time = 0; time < 2; time += 1) {
    await verify();
    await system.time.sleep(1_500);
  }
  const answer = await verify();
  model.now = system.nowSeconds();
  const expected = reference.expectGuard(model, token, cloud);
  expect(expected).toContain(answer);
};

const revokeToken: Step = async (model, system, [node, first, second, third]) => {
  if (model.tokens.length === 0) return;
  const place = first % model.tokens.length;
  const token = at(model.tokens, place);
  const credential = third % 6 === 0 ? third % model.credentials.length : token.credential;
  const known = at(model.credentials, credential);
  const secret = second % 4 === 0 ? second % known.secrets.length : known.secrets.length - 1;
  const body = { ...identify(system, credential, secret), token: at(system.tokens, place) };
  const { status, code } = await ask(system, node, paths.revocation, body);
  const isForgotten = reference.isOver(model, token) || model.compromised.has(token.kid);
  if (!reference.canAuthenticate(model, known, secret)) expect(code).toBe("INVALID_CLIENT");
  else if (!isForgotten && credential !== token.credential) expect(code).toBe("INVALID_REQUEST");
  else {
    expect(status).toBe(200);
    if (!isForgotten) token.isRevoked = true;
  }
};

const pickOwner = (model: Model, kind: "account" | "project", number: number) => {
  const owners: ReadonlyMap<number, reference.Owner> = kind === "account" ? model.accounts : model.projects;
  return pick([...owners], number);
};

const setStateOf =
  (kind: "account" | "project"): Step =>
  async (model, system, [node, number]) => {
    const [id, owner] = pickOwner(model, kind, number);
    const isEnabled = !owner.isEnabled;
    const state = isEnabled ? "enabled" : "disabled";
    const { setAccountState, changeProject } = manage(system, node);
    await done(
      kind === "account" ? setAccountState({ accountId: id, state }) : changeProject({ projectId: id, state }),
    );
    reference.setEnabled(owner, isEnabled);
  };

const revokeTokensOf =
  (kind: "account" | "project"): Step =>
  async (model, system, [node, number]) => {
    const [id, owner] = pickOwner(model, kind, number);
    await done(manage(system, node).revokeTokensOf({ kind, id }));
    owner.epoch += 1;
  };

const createCredential: Step = async (model, system, [node, first, second]) => {
  if (model.credentials.length >= 8) return;
  const project = pick([...model.projects.keys()], first);
  const { account } = get(model.projects, project);
  const isAccountLevel = second % 3 === 0;
  const scopes = pick(scopeSets, second);
  const owner = { accountId: account, projectId: isAccountLevel ? undefined : project };
  const input = { ...owner, name: "One more", scopes, allowedRanges: [], expiresAt: undefined };
  const created = await manage(system, node).createCredential(input);
  if (isRefusal(created)) throw new Error(created.description);
  const { credential, secretId, clientSecret = "" } = created;
  model.credentials.push({
    account,
    project: owner.projectId,
    scopes,
    expiresAt: Number.POSITIVE_INFINITY,
    isEnabled: true,
    isDeleted: false,
    epoch: 0,
    secrets: [{ expiresAt: Number.POSITIVE_INFINITY, state: "live" }],
  });
  system.clientIds.push(credential.clientId);
  system.secrets.push([{ id: secretId, text: clientSecret }]);
};

type CredentialStep = (
  known: {
    readonly model: Model;
    readonly system: System;
    readonly credential: reference.Credential;
    readonly clientId: string;
    readonly place: number;
  },
  chance: Chance,
) => Promise<void>;

/** Of one that is not deleted. */
function ofCredential(step: CredentialStep): Step {
  return async (model, system, chance) => {
    const place = chance[1] % model.credentials.length;
    const credential = at(model.credentials, place);
    const clientId = at(system.clientIds, place);
    if (!credential.isDeleted) await step({ model, system, credential, clientId, place }, chance);
  };
}

const day = 86_400;

const steps: Readonly<Record<string, readonly [weight: number, step: Step]>> = {
  issue: [9, issue],
  introspect: [4, introspect],
  use: [6, use],
  "revoke token": [3, revokeToken],
  "create credential": [1, createCredential],
  rotate: [
    2,
    ofCredential(async ({ model, system, credential, clientId, place }, [node, , overlapDays]) => {
      const rotated = await manage(system, node).rotateSecret({ clientId, overlapDays: overlapDays % 2 });
      const isDone = reference.rotate(model, credential, model.now + (overlapDays % 2) * day);
      expect(isRefusal(rotated) ? rotated.code : "done").toBe(isDone ? "done" : "CONFLICT");
      if (!isRefusal(rotated))
        at(system.secrets, place).push({ id: rotated.secretId, text: rotated.clientSecret ?? "" });
    }),
  ],
  "kill secret": [
    2,
    ofCredential(async ({ system, credential, clientId, place }, [node, , number]) => {
      const secret = number % credential.secrets.length;
      const { id: secretId } = at(at(system.secrets, place), secret);
      const retired = await manage(system, node).retireSecret({ clientId, secretId });
      const isDone = reference.retire(at(credential.secrets, secret));
      expect(isRefusal(retired) ? retired.code : "done").toBe(isDone ? "done" : "NOT_FOUND");
    }),
  ],
  "credential state": [
    2,
    ofCredential(async ({ system, credential, clientId }, [node]) => {
      const isEnabled = !credential.isEnabled;
      await done(manage(system, node).changeCredential({ clientId, state: isEnabled ? "enabled" : "disabled" }));
      reference.setEnabled(credential, isEnabled);
    }),
  ],
  scopes: [
    2,
    ofCredential(async ({ system, credential, clientId }, [node, , number]) => {
      const scopes = pick(scopeSets, number);
      await done(manage(system, node).changeCredential({ clientId, scopes }));
      reference.setScopes(credential, scopes);
    }),
  ],
  "end of credential": [
    1,
    ofCredential(async ({ model, system, credential, clientId }, [node, , number]) => {
      const expiresAt = number % 2 === 0 ? undefined : model.now + 900;
      await done(manage(system, node).changeCredential({ clientId, expiresAt }));
      reference.setEnd(credential, expiresAt ?? Number.POSITIVE_INFINITY);
    }),
  ],
  "delete credential": [
    1,
    ofCredential(async ({ system, credential, clientId }, [node]) => {
      await done(manage(system, node).deleteCredential({ clientId }));
      reference.remove(credential);
    }),
  ],
  "tokens of credential": [
    2,
    ofCredential(async ({ system, credential, clientId }, [node]) => {
      await done(manage(system, node).revokeTokensOf({ kind: "credential", clientId }));
      credential.epoch += 1;
    }),
  ],
  "project state": [2, setStateOf("project")],
  "tokens of project": [2, revokeTokensOf("project")],
  "move project": [
    2,
    async (model, system, [node, number, cloud]) => {
      const [projectId, project] = pick([...model.projects], number);
      await done(manage(system, node).moveProject({ projectId, cloud: pick(clouds, cloud) }));
      reference.move(project, pick(clouds, cloud));
    },
  ],
  "account state": [1, setStateOf("account")],
  "tokens of account": [1, revokeTokensOf("account")],
  // C-06: an earlier cut-off after a later one takes nothing back, and hides nothing either.
  "everything before": [
    4,
    async (model, system, [node, number]) => {
      const before = number % 2 === 0 ? model.now - (number % 5_000) : model.now + 1;
      await done(manage(system, node).revokeTokensBefore({ before }));
      model.notBefore = Math.max(model.notBefore, before);
      await system.time.sleep(1_000);
    },
  ],
  "time passes": [2, (_model, system, [number]) => system.jump(pick([61, 700, 3_700], number))],
  // C-07: what was taken back stays so.
  "restart a node": [1, (_model, system, [number]) => system.restart(number)],
  "restart all": [1, (_model, system) => system.restart(undefined)],
  "rotate key": [
    1,
    async (model, system, [node]) => {
      await rotateSigningKey(keyParts(system, node), operator(model));
    },
  ],
  "compromise key": [
    1,
    async (model, system, [node, number]) => {
      const { storage } = system.node(node);
      const { kid } = pick(await storage.listSigningKeys(), number);
      // The key is made by a thread, for which time stops.
      await system.time.stop(compromiseSigningKey(keyParts(system, node), kid, operator(model)));
      model.compromised.add(kid);
      // A node has no other way to hear of its keys than the one by which the other nodes do.
      await system.time.sleep(1_000);
    },
  ],
};

const operator = ({ now }: Model) => ({ at: now, actor: "operator", requestId: undefined });

function keyParts(system: System, node: number) {
  const { storage } = system.node(node);
  const clocks = { wallMilliseconds: system.time.now, steadyMilliseconds: system.time.now };
  const { kek, log } = createNodeParts(clocks, Math.random);
  const policy = { algorithm: config.signingAlgorithm, rsaBits: config.rsaBits, lifetimeSeconds: 90 * day };
  return { storage, kek, log, policy, nowSeconds: system.nowSeconds };
}

/** No step happens just when something ends by itself: a second more or less is nobody's promise. */
async function avoidEnds(model: Model, system: System): Promise<void> {
  model.now = system.nowSeconds();
  while (reference.listEnds(model).some((end) => end > model.now - 3 && end < model.now + 15)) {
    await system.jump(20);
    model.now = system.nowSeconds();
  }
}

function createCommand(name: string, step: Step, chance: Chance): fc.AsyncCommand<Model, System> {
  return {
    check: () => true,
    toString: () => `${name} (${chance})`,
    run: async (model, system) => {
      await avoidEnds(model, system);
      await step(model, system, chance);
      await system.settle();
    },
  };
}

const chance = fc.tuple(fc.nat(9_999), fc.nat(9_999), fc.nat(9_999), fc.nat(9_999));

/** @param maxCommands In one run. */
export function arbitraryCommands(maxCommands: number): fc.Arbitrary<Iterable<fc.AsyncCommand<Model, System>>> {
  const arbitraries = Object.entries(steps).flatMap(([name, [weight, step]]) =>
    Array.from({ length: weight }, () => chance.map((numbers) => createCommand(name, step, numbers))),
  );
  return fc.commands(arbitraries, { maxCommands, size: "max" });
}
