import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { createSamples, formatEnvironmentFile } from "./samples.ts";

const facts = {
  issuer: "https://auth.example.com",
  clientId: "408eb95d-51fd-4acf-ac77-3ccbb4e94029",
  scopes: ["data-export", "metrics"],
  projectId: 42,
  secret: undefined,
};
const find = (id: string, given: Parameters<typeof createSamples>[0]) =>
  createSamples(given).find((sample) => sample.id === id)?.code ?? "";

/** What a shell would hand to curl. */
function runCurl(code: string, environment: Record<string, string>): readonly string[] {
  const script = `curl() { printf '%s\\n' "$@"; cat; }\n${code}`;
  return execFileSync("sh", ["-c", script], { env: environment, encoding: "utf8" }).split("\n");
}

test("curl: the secret comes from the environment, and is in no argument", () => {
  const lines = runCurl(find("curl", facts), { PATH: process.env.PATH ?? "", BIPED_CLIENT_SECRET: "s3cret" });
  expect(lines.slice(0, 6)).toEqual([
    "-s",
    "https://auth.example.com/v1/oauth/token",
    "-H",
    "Content-Type: application/json",
    "-d",
    "@-",
  ]);
  expect(JSON.parse(lines.slice(6).join("\n"))).toEqual({
    client_id: "408eb95d-51fd-4acf-ac77-3ccbb4e94029",
    client_secret: "s3cret",
    grant_type: "client_credentials",
    scope: "data-export metrics",
    project_id: 42,
  });
});

test("curl: what a shell would read in a scope's name stays as it is", () => {
  const code = find("curl", { ...facts, scopes: ["$(id)", "`id`", "it's"], projectId: undefined, secret: "s3cret" });
  const lines = runCurl(code, { PATH: process.env.PATH ?? "" });
  expect(JSON.parse(lines.slice(6).join("\n"))).toEqual({
    client_id: "408eb95d-51fd-4acf-ac77-3ccbb4e94029",
    client_secret: "s3cret",
    grant_type: "client_credentials",
    scope: "$(id) `id` it's",
  });
});

test("JavaScript and the command, without the secret and without a project", () => {
  const given = { ...facts, projectId: undefined };
  expect(find("javascript", given)).toBe(`import { createClient } from "@biped/client";

const client = createClient({
  authUrl: "https://auth.example.com",
  clientId: "408eb95d-51fd-4acf-ac77-3ccbb4e94029",
  clientSecret: process.env.BIPED_CLIENT_SECRET ?? "",
  scope: "data-export metrics",
});
const { endpoint } = await client.token();
console.log(endpoint);`);
  expect(find("command", given)).toBe(`# It asks for the secret.
biped login --auth-url 'https://auth.example.com' \\
  --client-id 408eb95d-51fd-4acf-ac77-3ccbb4e94029
biped token`);
});

test("no sample holds the secret unless it was asked for", () => {
  expect(createSamples(facts).filter(({ code }) => code.includes("s3cret"))).toEqual([]);
  expect(createSamples({ ...facts, secret: "s3cret" }).filter(({ code }) => code.includes("s3cret"))).toHaveLength(3);
});

test("the file holds what the client and the command read", () => {
  expect(formatEnvironmentFile({ ...facts, secret: "s3cret" })).toBe(
    `BIPED_AUTH_URL=https://auth.example.com
BIPED_CLIENT_ID=408eb95d-51fd-4acf-ac77-3ccbb4e94029
BIPED_CLIENT_SECRET=s3cret
BIPED_SCOPE="data-export metrics"
BIPED_PROJECT_ID=42
`,
  );
});
