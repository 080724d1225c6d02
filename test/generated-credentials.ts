/** One node with many credentials of every kind, and requests and changes drawn by chance. */

import { randomInt } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createConfig, serverSettings } from "@biped/authorization-server";
import { createLog, readSettings } from "@biped/listener";
import { isRefusal, paths, type Refusal } from "@biped/protocol";
import { onTestFinished } from "vitest";
import { createKeyEncryptionKey } from "../apps/authorization-server/src/signing/envelope.ts";
import { openStorage } from "../apps/authorization-server/src/storage/open-storage.ts";
import { createRequest, type LocalNode, openLocalNode } from "./local-node.ts";
import { readSeed } from "./property.ts";
import { createRandom } from "./simulated-services.ts";
import type { HeldCredential } from "./started-server.ts";
import { createTokenChecker } from "./token-checker.ts";
import { countChecked, readFacts } from "./watched-tokens.ts";

type GeneratedCredentials = {
  readonly issuer: string;
  readonly databaseUrl: string;
  /** The body of an answer with a token; undefined where the request was refused, as some should be. */
  readonly askForToken: () => Promise<string | undefined>;
  /** Seconds pass, and something is taken away or given back. */
  readonly changeSomething: () => Promise<void>;
};

type Generated = HeldCredential & {
  readonly secretId: string;
  readonly accountId: number;
  readonly projectId: number | undefined;
};
type Chance = {
  readonly random: () => number;
  readonly draw: <Item>(items: readonly Item[]) => Item;
  readonly isLikely: (share: number) => boolean;
};

const scopeNames = ["data-export", "metrics", "session-replay", "symbolicator", "enrichment"];
const issuer = "https://auth.example.com";
const accountCount = 4;
const projectsEach = 4;
const credentialsEach = 10;

const requestsAtOnce = 200;
const tokensAtOnce = 20_000;

/** Prints a seed, and how many were read. @returns what is wrong with any of so many tokens. */
export async function readGeneratedTokens(count: number): Promise<readonly string[]> {
  const seed = readSeed() ?? randomInt(0x7fffffff);
  console.log(`M-01: ${count} tokens, seed ${seed}; BIPED_SEED=${seed} replays the requests`);
  const { issuer, databaseUrl, askForToken, changeSomething } = await generateCredentials(createRandom(seed));
  const rules = { issuer, exclusiveScopes: ["enrichment"], tokenIds: new Set<string>() };
  const faults: string[] = [];
  let refused = 0;
  while (rules.tokenIds.size < count) {
    const answers: string[] = [];
    while (answers.length < Math.min(tokensAtOnce, count - rules.tokenIds.size)) {
      const outcomes = await Promise.all(Array.from({ length: requestsAtOnce }, askForToken));
      const issued = outcomes.filter((answer) => answer !== undefined);
      refused += outcomes.length - issued.length;
      answers.push(...issued);
      await changeSomething();
    }
    const { check } = createTokenChecker(rules, await readFacts(databaseUrl));
    faults.push(...answers.flatMap((answer) => check(answer)));
    countChecked(answers.length);
  }
  console.log(
    `M-01: ${rules.tokenIds.size} tokens were read, ${refused} requests refused, ${faults.length} violations`,
  );
  return faults;
}

/** It ends with the test. */
async function generateCredentials(random: () => number): Promise<GeneratedCredentials> {
  const directory = await mkdtemp(join(tmpdir(), "biped-generated-"));
  const databaseUrl = `sqlite:${join(directory, "server.db")}`;
  const storage = await openStorage(databaseUrl);
  const clock = { seconds: 1_800_000_000 };
  const settings = { BIPED_DATA_DIR: directory, BIPED_ISSUER: issuer, BIPED_TOKENS_PER_SECOND: "0" };
  const algorithm = { BIPED_SIGNING_ALG: "ES256" };
  const config = createConfig(readSettings(serverSettings, { ...settings, ...algorithm }));
  const node = await openLocalNode(storage, config, createParts(clock, random));
  onTestFinished(async () => {
    await node.stop();
    await storage.close();
    await rm(directory, { recursive: true });
  });
  const chance = createChance(random);
  const generated = await createAll(node, chance);
  return {
    issuer,
    databaseUrl,
    askForToken: () => askForToken(node, generated, chance),
    changeSomething: async () => {
      clock.seconds += Math.floor(random() * 4);
      await changeSomething(node, generated, { ...chance, nowSeconds: clock.seconds });
    },
  };
}

function createParts(clock: { readonly seconds: number }, random: () => number) {
  return {
    kek: createKeyEncryptionKey(new Uint8Array(32)),
    log: createLog("silent", () => {}),
    nowSeconds: () => clock.seconds,
    monotonicSeconds: () => clock.seconds,
    machineMilliseconds: Date.now,
    steadyMilliseconds: () => performance.now(),
    randomBytes: (count: number) => Uint8Array.from({ length: count }, () => random() * 256),
    secretEnvironment: "test" as const,
    adminRoutes: {},
  };
}

function createChance(random: () => number): Chance {
  return {
    random,
    isLikely: (share) => random() < share,
    draw: (items) => {
      const item = items[Math.floor(random() * items.length)];
      if (item === undefined) throw new Error("There is nothing to draw from.");
      return item;
    },
  };
}

const must = <Value>(value: Value | Refusal): Value => {
  if (isRefusal(value)) throw new Error(value.description);
  return value;
};

const clouds = ["east", "west", "north"];

async function createAll(node: LocalNode, chance: Chance): Promise<Generated[]> {
  const make = node.management("operator");
  const generated: Generated[] = [];
  for (const name of clouds) must(await make.createCloud({ name, endpoint: `https://api.${name}.example.com` }));
  for (let index = 0; index < accountCount; index += 1) {
    const account = must(await make.createAccount({ name: `Account ${index}` }));
    const projectIds: number[] = [];
    for (let at = 0; at < projectsEach; at += 1) {
      const place = { id: undefined, accountId: account.id, cloud: chance.draw(clouds) };
      projectIds.push(must(await make.createProject({ ...place, name: `Project ${at}`, timeZone: "UTC" })).id);
    }
    for (let at = 0; at < credentialsEach; at += 1) {
      const projectId = at % 3 === 0 ? undefined : chance.draw(projectIds);
      const owner = { name: `Credential ${at}`, accountId: account.id, projectId };
      const scopes = scopeNames.filter(() => chance.isLikely(0.85));
      const further = { scopes: scopes.length === 0 ? ["metrics"] : scopes, allowedRanges: [], expiresAt: undefined };
      const { credential, clientSecret = "", secretId } = must(await make.createCredential({ ...owner, ...further }));
      generated.push({ clientId: credential.clientId, clientSecret, secretId, accountId: account.id, projectId });
    }
  }
  return generated;
}

async function askForToken(
  { endpoints }: LocalNode,
  generated: readonly Generated[],
  { draw, isLikely, random }: Chance,
): Promise<string | undefined> {
  const held = draw(generated);
  const scopes = isLikely(0.2) ? ["enrichment"] : scopeNames.filter(() => isLikely(0.2));
  const project = Math.floor(random() * accountCount * projectsEach) + 1;
  const isNamed = held.projectId === undefined || isLikely(0.1);
  const inOwnAccount = (held.accountId - 1) * projectsEach + 1 + Math.floor(random() * projectsEach);
  const body = {
    client_id: held.clientId,
    client_secret: held.clientSecret,
    grant_type: "client_credentials",
    scope: scopes.join(" ") || "metrics",
    project_id: isNamed ? (isLikely(0.95) ? inOwnAccount : project) : undefined,
  };
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const answer = await endpoints.token(createRequest("1", { pathname: paths.token, search: "", init }));
  return isRefusal(answer) || answer.status !== 200 ? undefined : JSON.stringify(answer.body);
}

async function changeSomething(
  node: LocalNode,
  generated: Generated[],
  { draw, isLikely, random, nowSeconds }: Chance & { readonly nowSeconds: number },
): Promise<void> {
  const make = node.management("operator");
  const held = draw(generated);
  const { clientId, accountId } = held;
  const projectId = Math.floor(random() * accountCount * projectsEach) + 1;
  const state = isLikely(0.15) ? "disabled" : "enabled";
  const scopes = scopeNames.filter(() => isLikely(0.9));
  const change = draw([
    () => make.setAccountState({ accountId, state }),
    () => make.changeProject({ projectId, state }),
    () => make.changeCredential({ clientId, state }),
    () => make.changeCredential({ clientId, scopes: scopes.length === 0 ? ["metrics"] : scopes }),
    () => make.moveProject({ projectId, cloud: draw(clouds) }),
    () => make.revokeTokensOf({ kind: "project", id: projectId }),
    () => make.revokeTokensOf({ kind: "credential", clientId }),
    () => make.revokeTokensBefore({ before: nowSeconds }),
    async () => {
      const rotated = await make.rotateSecret({ clientId, overlapDays: 0 });
      // Twice in one second there would be a third secret.
      if (isRefusal(rotated)) return;
      const { clientSecret = "", secretId } = rotated;
      generated[generated.indexOf(held)] = { ...held, clientSecret, secretId };
    },
  ]);
  await change();
}
