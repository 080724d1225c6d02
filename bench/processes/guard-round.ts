/** One round of token verification, all contenders in turns in one process; prints verifications a second as JSON. */

import { createPublicKey, generateKeyPairSync, type KeyObject, randomUUID, sign, verify } from "node:crypto";
import { createGuard, isRefusal } from "@biped/guard";
import { createVerifier } from "fast-jwt";
import { importJWK, jwtVerify } from "jose";

type Contender = { readonly name: string; readonly run: (tokens: readonly string[]) => Promise<void> | void };

const issuer = "https://auth.example.com";
const audience = "https://api.eu-west-1.example.com";
const kid = "vzXnQ4mSsDPSa3Dp3IqEQ0gwNzXJX9a7mAoC3m0Kf2I";
const [totalSeconds = 5] = process.argv.slice(2).map(Number);
const slices = 10;
const tokenCount = 500;

const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const jwk = { ...publicKey.export({ format: "jwk" }), kid, alg: "RS256", use: "sig" };
const tokens = Array.from({ length: tokenCount }, () => createToken(privateKey));

function createToken(key: KeyObject): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const clientId = randomUUID();
  const iat = Math.floor(Date.now() / 1000);
  const names = { iss: issuer, sub: clientId, client_id: clientId, aud: audience, jti: randomUUID() };
  const facts = { scope: "data-export metrics", project_id: 42, account_id: 1, secret_id: randomUUID() };
  const claims = { ...names, exp: iat + 3600, iat, ...facts, epochs: { account: 0, project: 0, credential: 0 } };
  const content = `${encode({ typ: "at+jwt", alg: "RS256", kid })}.${encode(claims)}`;
  return `${content}.${sign("sha256", Buffer.from(content), key).toString("base64url")}`;
}

function createGuardContender(name: string, cache?: { readonly maxEntries: number }): Contender {
  const keySet = JSON.stringify({ keys: [jwk] });
  const options = { issuer, endpoint: audience, fetch: async () => new Response(keySet) };
  const guard = createGuard(cache === undefined ? options : { ...options, cache });
  return {
    name,
    run: async (batch) => {
      for (const token of batch)
        if (isRefusal(await guard.verify(token))) throw new Error(`${name} refused a good token.`);
    },
  };
}

/** The same checks as the guard's, with the key at hand, so that jose need not even look for it. */
async function createJoseContenders(): Promise<readonly Contender[]> {
  const key = await importJWK(jwk, "RS256");
  const options = { issuer, audience, typ: "at+jwt", algorithms: ["RS256"] };
  const verifyInTurn = async (batch: readonly string[]): Promise<void> => {
    for (const token of batch) await jwtVerify(token, key, options);
  };
  return [
    { name: "joseOneAfterAnother", run: verifyInTurn },
    {
      name: "joseSixteenInFlight",
      run: async (batch) => {
        const share = Math.ceil(batch.length / 16);
        const parts = Array.from({ length: 16 }, (_, index) => batch.slice(index * share, (index + 1) * share));
        await Promise.all(parts.map(verifyInTurn));
      },
    },
  ];
}

/** The signature and nothing else: no parsing, no decoding, no check of a claim. */
function createRawContender(): Contender {
  const key = createPublicKey({ key: jwk, format: "jwk" });
  const parts = tokens.map((token) => {
    const dot = token.lastIndexOf(".");
    return { input: Buffer.from(token.slice(0, dot)), signature: Buffer.from(token.slice(dot + 1), "base64url") };
  });
  return {
    name: "rawVerify",
    run: () => {
      for (const { input, signature } of parts) {
        if (!verify("sha256", input, key, signature)) throw new Error("A good signature did not verify.");
      }
    },
  };
}

function createFastJwtContender(): Contender {
  const key = publicKey.export({ type: "spki", format: "pem" }).toString();
  const limits = { cache: 10_000, cacheTTL: 60_000 };
  const check = createVerifier({ key, algorithms: ["RS256"], allowedIss: issuer, allowedAud: audience, ...limits });
  return {
    name: "fastJwtCached",
    run: (batch) => {
      for (const token of batch) check(token);
    },
  };
}

async function time(
  { run }: Contender,
  seconds: number,
): Promise<{ readonly count: number; readonly seconds: number }> {
  const started = performance.now();
  let count = 0;
  let elapsed = 0;
  while (elapsed < seconds) {
    await run(tokens);
    count += tokens.length;
    elapsed = (performance.now() - started) / 1000;
  }
  return { count, seconds: elapsed };
}

const contenders = [
  ...(await createJoseContenders()),
  createRawContender(),
  createGuardContender("guardUncached"),
  createGuardContender("guardCached", { maxEntries: 10_000 }),
  createFastJwtContender(),
];
const sums = new Map(contenders.map(({ name }) => [name, { count: 0, seconds: 0 }]));
// The first slice compiles and fills the caches, and is not counted.
for (let slice = 0; slice <= slices; slice += 1) {
  for (const contender of contenders) {
    const timed = await time(contender, totalSeconds / slices);
    const sum = sums.get(contender.name);
    if (sum === undefined || slice === 0) continue;
    sum.count += timed.count;
    sum.seconds += timed.seconds;
  }
}
const rates = [...sums].map(([name, { count, seconds }]) => [name, count / seconds]);
process.stdout.write(`${JSON.stringify(Object.fromEntries(rates))}\n`);
