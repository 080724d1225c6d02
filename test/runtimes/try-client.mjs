/**
 * What the client promises, tried on whatever runtime this is; prints one line of JSON. The service is the one of
 * `test/client-runtimes.test.ts`, whose address is the first argument. What it answers to `/control/…` is not part of
 * any protocol: it brings the service into the state that the next step needs.
 */
import { ClientError, createClient } from "@biped/client";

const base = process.argv[2] ?? "";
const control = async (/** @type {string} */ what) => (await fetch(`${base}/control/${what}`)).json();
const retried = [];
const options = {
  authUrl: base,
  clientId: "id",
  clientSecret: "secret",
  scope: "data-export",
  on: { retried: ({ method, attempt, reason }) => retried.push([method, attempt, reason]) },
  // What a repetition waits for is that the other listener opens.
  sleep: async () => void (await control("open")),
};
const client = createClient(options);
const impatient = createClient({ ...options, maxAttempts: 1 });

const describeError = (/** @type {unknown} */ error) => {
  if (error instanceof ClientError) {
    const { name, kind, code, status = null, requestId = null, serverText = null, retryAfterSeconds = null } = error;
    return { name, kind, code, status, requestId, serverText, retryAfterSeconds };
  }
  return error instanceof Error ? { name: error.name } : { error: String(error) };
};

const readJson = async (/** @type {Response} */ response) => [response.status, await response.json()];

const steps = {
  token: async () => {
    const { projectId, scope, endpoint, expiresAt, issuedAt } = await client.token();
    return [projectId, scope, endpoint === base, expiresAt - issuedAt];
  },
  singleFlight: async () => {
    const other = createClient(options);
    const tokens = await Promise.all(Array.from({ length: 100 }, () => other.token()));
    return [new Set(tokens.map(({ accessToken }) => accessToken)).size, await control("token-requests")];
  },
  fetch: async () => readJson(await client.fetch("/v1/echo?a=1")),
  post: async () => readJson(await client.fetch("/v1/echo", { method: "POST", body: "x".repeat(100) })),
  expired: async () => {
    await control("expire");
    return [await readJson(await client.fetch("/v1/echo")), await control("token-requests")];
  },
  expiredWithBody: async () => {
    await control("expire");
    return [await readJson(await client.fetch("/v1/echo", { method: "POST", body: "again" })), await control("calls")];
  },
  information: async () => client.information(),
  exports: async () => {
    const jobs = [];
    for await (const { jobId } of client.exports.list({ pageSize: 30 })) jobs.push(jobId);
    return [jobs.length, jobs[0], jobs.at(-1)];
  },
  create: async () =>
    client.exports.create({
      name: "n",
      format: "CSV",
      scope: "views",
      frequency: { value: "daily" },
      fields: [],
      deviceLabel: "all",
    }),
  download: async () => {
    const file = { partId: 1, url: `${base}/files/1?signature=s` };
    let isCut = false;
    const onProgress = () => {
      if (!isCut) control("cut-file");
      isCut = true;
    };
    const stream = await client.exports.download(file, { gunzip: true, onProgress });
    const text = await new Response(stream).text();
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
    return [text.length, Array.from(digest.subarray(0, 8)), await control("files")];
  },
  // Nothing was sent when no connection was made, so that even a POST is sent again.
  refusedConnection: async () => {
    await control("close");
    const answer = await client.forProject(43).fetch("/v1/echo", { method: "POST", body: "late" });
    return [await readJson(answer), await control("calls")];
  },
  // The service has seen it: whether it acted is not known, so that a POST is sent once.
  brokenPost: async () => client.fetch("/v1/break", { method: "POST", body: "once" }),
  callsAfterBrokenPost: () => control("calls"),
  brokenGet: async () => client.fetch("/v1/break"),
  callsAfterBrokenGet: () => control("calls"),
  // On a connection that was kept some runtimes send again by themselves.
  brokenOnKept: async () => {
    await client.fetch("/v1/echo?keep");
    await client.fetch("/v1/break", { method: "POST", body: "once" }).catch(() => undefined);
    return control("calls");
  },
  abort: async () => {
    const controller = new AbortController();
    const asked = client.fetch("/v1/hang", { signal: controller.signal });
    await control("hanging");
    controller.abort();
    return asked;
  },
  timeout: () => impatient.fetch("/v1/hang", { timeoutMilliseconds: 50 }),
  busy: () => impatient.forProject(44).token(),
  wrongSecret: () => createClient({ ...options, clientSecret: "wrong" }).token(),
  redirect: () => createClient({ ...options, authUrl: `${base}/moved` }).token(),
  callsAfterRedirect: () => control("calls"),
  webPage: () => createClient({ ...options, authUrl: `${base}/page` }).token(),
  anotherHost: () => impatient.forProject(45).token(),
  unknownEnding: () => impatient.exports.get(7),
};

const results = {};
for (const [name, step] of Object.entries(steps)) {
  try {
    results[name] = await step();
  } catch (error) {
    results[name] = describeError(error);
  }
}
console.log(JSON.stringify({ ...results, retried }));
