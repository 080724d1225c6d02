import { styleText } from "node:util";
import type { DemoFile, Sandbox } from "./start.ts";

/** What the sandbox prints when it is ready: where things are, and a first token to paste. */
export function formatWelcome({ demo, demoPath, seed }: Omit<Sandbox, "stop">, seconds: number): string {
  const bold = (text: string): string => styleText("bold", text);
  const dim = (text: string): string => styleText("dim", text);
  const [credential] = demo.credentials;
  const [project] = demo.accounts[0]?.projects ?? [];
  const clouds = demo.clouds.map(({ name, endpoint }) => `  ${endpoint}  ${dim(`Data Export API of ${name}`)}`);
  return [
    "",
    `${bold("The Biped sandbox is ready")} ${dim(`(${seconds.toFixed(1)} s)`)}`,
    "",
    `  ${demo.issuer}  ${dim("tokens, credentials information, discovery")}`,
    `  ${demo.console}  ${dim("the console")}`,
    ...clouds,
    "",
    `${bold("A token for project")} ${bold(String(project?.id))}${bold(", and the endpoint of its cloud:")}`,
    "",
    `  curl -s ${demo.issuer}/v1/oauth/token -H 'Content-Type: application/json' -d '${formatTokenRequest(credential, project?.id)}'`,
    "",
    `${bold("The console:")} sign in as ${demo.administrator.email} with the password ${demo.administrator.password}`,
    dim("A second factor is required of administrators everywhere but here."),
    "",
    bold("The whole flow, down to the project's export jobs:"),
    "",
    ...formatFlow(demo, demoPath).map((line) => `  ${line}`),
    "",
    dim(
      `Each project has sessions and views of 13 months. They are SIMULATED: made when first asked for, from the seed ${seed}.`,
    ),
    dim("Its three jobs run at once; their files are ready in a few seconds."),
    "",
    dim(`Every credential of the demonstration is in ${demoPath}. To see a token expire:`),
    dim(`  curl -s ${demo.console}/sandbox/clock -H 'Content-Type: application/json' -d '{"advanceSeconds":3700}'`),
    dim("Stop with Ctrl-C; the data stays."),
    "",
  ].join("\n");
}

function formatTokenRequest(
  credential: DemoFile["credentials"][number] | undefined,
  projectId: number | undefined,
): string {
  return JSON.stringify({
    client_id: credential?.client_id,
    client_secret: credential?.client_secret,
    grant_type: "client_credentials",
    scope: "data-export",
    project_id: projectId,
  });
}

/** One paste for a shell with Node 18 or later; the credential is read from the file. */
function formatFlow(demo: DemoFile, demoPath: string): readonly string[] {
  return [
    `node -e '`,
    `const { credentials: [{ client_id, client_secret }] } = JSON.parse(require("fs").readFileSync(${JSON.stringify(demoPath)}));`,
    `fetch("${demo.issuer}/v1/oauth/token", {`,
    `  method: "POST", headers: { "Content-Type": "application/json" },`,
    `  body: JSON.stringify({ client_id, client_secret, grant_type: "client_credentials", scope: "data-export", project_id: 42 }),`,
    `}).then((answer) => answer.json()).then(({ access_token, endpoint }) =>`,
    `  fetch(endpoint + "/v1/exports", { headers: { Authorization: "Bearer " + access_token } })`,
    `).then((answer) => answer.json()).then(({ payload }) => console.log(payload));`,
    `'`,
  ];
}
