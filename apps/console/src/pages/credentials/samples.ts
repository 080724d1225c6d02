import type { CodeSample } from "../../design/code-block.tsx";

export type SampleFacts = {
  readonly issuer: string;
  readonly clientId: string;
  /** What one token can hold. */
  readonly scopes: readonly string[];
  /** Undefined where the credential names its project itself. */
  readonly projectId: number | undefined;
  /** Only where the person asked for it; otherwise the samples read it from the environment. */
  readonly secret: string | undefined;
};

/** The same token in a shell, in a program and with the command. */
export function createSamples(facts: SampleFacts): readonly CodeSample[] {
  return [
    { id: "curl", title: "curl", code: formatCurl(facts) },
    { id: "javascript", title: "JavaScript", code: formatJavaScript(facts) },
    { id: "command", title: "Command", code: formatCommand(facts) },
  ];
}

/** The body comes from a here-document: what is an argument, every user of the machine can read. */
function formatCurl({ issuer, clientId, scopes, projectId, secret }: SampleFacts): string {
  const members = {
    client_id: clientId,
    client_secret: "",
    grant_type: "client_credentials",
    scope: scopes.join(" "),
    ...(projectId === undefined ? {} : { project_id: projectId }),
  };
  const body = JSON.stringify(members, undefined, 2)
    .replace(/[$`\\]/g, "\\$&")
    .replace('"client_secret": ""', '"client_secret": "$BIPED_CLIENT_SECRET"');
  const first =
    secret === undefined ? "# The secret is in BIPED_CLIENT_SECRET." : `BIPED_CLIENT_SECRET=${quoteForShell(secret)}`;
  const url = quoteForShell(`${issuer}/v1/oauth/token`);
  return `${first}\ncurl -s ${url} \\\n  -H 'Content-Type: application/json' -d @- <<END\n${body}\nEND`;
}

function formatJavaScript({ issuer, clientId, scopes, projectId, secret }: SampleFacts): string {
  const clientSecret = secret === undefined ? 'process.env.BIPED_CLIENT_SECRET ?? ""' : JSON.stringify(secret);
  const members = [
    `authUrl: ${JSON.stringify(issuer)},`,
    `clientId: ${JSON.stringify(clientId)},`,
    `clientSecret: ${clientSecret},`,
    `scope: ${JSON.stringify(scopes.join(" "))},`,
    ...(projectId === undefined ? [] : [`projectId: ${projectId},`]),
  ];
  return `import { createClient } from "@biped/client";

const client = createClient({
${members.map((member) => `  ${member}`).join("\n")}
});
const { endpoint } = await client.token();
console.log(endpoint);`;
}

function formatCommand({ issuer, clientId, projectId, secret }: SampleFacts): string {
  const project = projectId === undefined ? "" : ` --project ${projectId}`;
  const login = `biped login --auth-url ${quoteForShell(issuer)} \\\n  --client-id ${clientId}${project}`;
  if (secret === undefined) return `# It asks for the secret.\n${login}\nbiped token`;
  return `printf %s ${quoteForShell(secret)} | ${login} --secret-file -\nbiped token`;
}

function quoteForShell(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

export type EnvironmentFacts = Omit<SampleFacts, "secret"> & { readonly secret: string };

/** What `@biped/client` and `biped` read from the environment, as a file. */
export function formatEnvironmentFile({ issuer, clientId, secret, scopes, projectId }: EnvironmentFacts): string {
  const lines = [
    `BIPED_AUTH_URL=${issuer}`,
    `BIPED_CLIENT_ID=${clientId}`,
    `BIPED_CLIENT_SECRET=${secret}`,
    `BIPED_SCOPE="${scopes.join(" ")}"`,
    ...(projectId === undefined ? [] : [`BIPED_PROJECT_ID=${projectId}`]),
  ];
  return `${lines.join("\n")}\n`;
}
