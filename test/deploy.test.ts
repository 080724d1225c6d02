/** What deploy/ holds, by rules of our own and against the programs' own tables: none of its tools is needed here. */

import { execFileSync, spawnSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createConfig, serverSettings } from "@biped/authorization-server";
import { readSettings } from "@biped/listener";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { readConfig } from "../apps/data-export-api/src/config.ts";
import { findDockerfileFaults, listVariables, parseDockerfile } from "./dockerfile.ts";
import { type Manifest, renderChart } from "./helm-chart.ts";
import { startServer } from "./started-server.ts";

const root = join(import.meta.dirname, "..");
const deploy = join(root, "deploy");
const read = (file: string): string => readFileSync(join(deploy, file), "utf8");
const readManifest = (app: string) => JSON.parse(readFileSync(join(root, "apps", app, "package.json"), "utf8"));

/** Seconds after which what still runs in a server that drains is cut. */
const cutSeconds = 10;
/** @throws Error where a program would not start with them. */
const checkServer = (environment: Record<string, string>) => createConfig(readSettings(serverSettings, environment));
const isSetting = (name: string): boolean => name.startsWith("BIPED_");
const listSettings = (environment: object): readonly string[] => Object.keys(environment).filter(isSetting);
const strayFrom = (shape: object, environment: object) => listSettings(environment).filter((name) => !(name in shape));

describe("deploy/Dockerfile", () => {
  const text = read("Dockerfile");
  const [build, image] = parseDockerfile(text);

  test("keeps every rule", () => {
    expect(findDockerfileFaults(text)).toEqual([]);
  });

  test.each([
    ["another major at any time", (whole: string) => whole.replaceAll("node:24-bookworm-slim", "node:latest")],
    ["root", (whole: string) => whole.replace("USER 10001:10001", "USER root")],
    ["nobody named", (whole: string) => whole.replace("USER 10001:10001\n", "")],
    ["ADD", (whole: string) => whole.replace("COPY . .", "ADD . .")],
    ["a shell", (whole: string) => whole.replace('CMD ["biped-server"]', "CMD biped-server")],
    ["what is run as root at last", (whole: string) => whole.replace("EXPOSE", 'RUN ["id"]\nEXPOSE')],
    ["packages of today", (whole: string) => whole.replace('"npm", "ci"', '"npm", "install"')],
    ["a secret", (whole: string) => whole.replace("USER", "ENV BIPED_KEK=abc\nUSER")],
    ["no health check", (whole: string) => whole.replace(/^HEALTHCHECK.*\n/m, "")],
  ])("refused: %s", (_, spoil) => {
    expect(findDockerfileFaults(spoil(text)).length).toBeGreaterThan(0);
  });

  test("its settings, ports and commands are the programs' own", () => {
    const variables = Object.fromEntries(image === undefined ? [] : listVariables(image));
    expect(strayFrom(serverSettings.shape, variables)).toEqual([]);
    const { publicPort, adminPort } = checkServer({});
    const exported = readConfig({
      BIPED_CLOUD: "a",
      BIPED_ENDPOINT: "https://a.example",
      BIPED_ISSUER: "https://b.example",
    });
    const exposed = image?.instructions.find(({ name }) => name === "EXPOSE");
    expect(exposed?.words.map(Number)).toEqual([publicPort, exported.config.port, adminPort]);
    const command = image?.instructions.find(({ name }) => name === "CMD")?.words;
    expect(command).toEqual(Object.keys(readManifest("authorization-server").bin));
  });

  test("it holds every workspace that the two programs need, and is built of them", () => {
    const needed = ["authorization-server", "data-export-api"].flatMap((app) =>
      Object.keys(readManifest(app).dependencies),
    );
    const copied = image?.instructions.filter(({ name }) => name === "COPY").map(({ words }) => words[1]);
    const apps = globSync("apps/*/package.json", { cwd: root }).map((file) => file.split("/")[1] ?? "");
    const wanted = apps.filter(
      (app) => needed.includes(`@biped/${app}`) || app in { "authorization-server": 0, "data-export-api": 0 },
    );
    expect(copied).toEqual([
      "node_modules",
      "packages",
      ...wanted.toSorted().map((app) => `apps/${app}`),
      "/var/lib/biped",
    ]);
    expect(build?.instructions.map(({ words }) => words.join(" ")).join("\n")).toContain(
      "tsc -b apps/authorization-server apps/data-export-api",
    );
  });
});

describe("deploy/compose.yaml", () => {
  const compose = parse(read("compose.yaml"), { merge: true });
  const services: Readonly<Record<string, Manifest>> = compose.services;
  const of = (program: string) =>
    Object.entries(services).filter(
      ([, { command = ["biped-server"], image }]) => image.startsWith("biped:") && command[0] === program,
    );

  test.each(Object.entries(services))("%s has no right that it does not need, and one version", (_, service) => {
    expect(service).toMatchObject({ read_only: true, cap_drop: ["ALL"], security_opt: ["no-new-privileges:true"] });
    expect(service.image).toMatch(/^[a-z]+:\d/);
    expect(service.ulimits).toEqual({ core: 0 });
    expect(Object.keys(compose.secrets)).toEqual(expect.arrayContaining(service.secrets ?? []));
    expect(JSON.stringify(service.environment ?? {})).not.toMatch(/:\/\/[^/"]*:[^/"]*@|BIPED_KEK":/);
  });

  test("each service has the variables of its environment and no more, and whoever serves has where to write", () => {
    for (const { environment = {} } of Object.values(services))
      expect(Object.keys(environment).filter((name) => !/^[A-Z][A-Z0-9_]*$/.test(name))).toEqual([]);
    const mountPoints = ["server-1", "server-2", "exports"].map((name) => services[name].volumes);
    expect(mountPoints).toEqual(["server-1", "server-2", "exports"].map((name) => [`${name}:/var/lib/biped`]));
    // The image asks a listener how it is, and a step that ends has none.
    for (const name of ["migrate", "migrate-exports"]) expect(services[name].healthcheck).toEqual({ disable: true });
    for (const { volumes = [] } of Object.values(services)) {
      const named = volumes
        .map((volume: string) => volume.split(":")[0])
        .filter((from: string) => !from.startsWith("."));
      expect(Object.keys(compose.volumes)).toEqual(expect.arrayContaining(named));
    }
  });

  test("its servers start with their settings, drain before they are killed, and trust the proxy alone", () => {
    const servers = of("biped-server");
    expect(servers.map(([name]) => name)).toEqual(["migrate", "server-1", "server-2"]);
    for (const [, { environment, stop_grace_period: grace }] of servers) {
      expect(strayFrom(serverSettings.shape, environment)).toEqual([]);
      expect(Number.parseInt(grace, 10)).toBeGreaterThan(checkServer(environment).drainSeconds + cutSeconds);
    }
    const trusted = services["server-1"].environment.BIPED_TRUSTED_PROXIES;
    expect(trusted).toBe(services.proxy.networks.front.ipv4_address);
    expect(services.exports.environment.BIPED_TRUSTED_PROXIES).toBe(trusted);
  });

  test("its Data Export API starts with its settings, with the issuer of the servers and an endpoint they allow", () => {
    const exporting = of("biped-data-export-api");
    expect(exporting.map(([name]) => name)).toEqual(["migrate-exports", "exports"]);
    const server = checkServer(services["server-1"].environment);
    for (const [, { environment }] of exporting) {
      const { config } = readConfig(environment);
      expect(config.issuer).toBe(server.issuer);
      const { hostname } = new URL(config.endpoint);
      expect(server.endpointHosts?.some((host) => hostname.endsWith(`.${host}`))).toBe(true);
    }
  });

  test("its proxy knows every listener, and answers for every name", () => {
    const caddyfile = read("proxy/Caddyfile");
    const upstreams = [...caddyfile.matchAll(/[\w-]+:4\d{3}\b/g)].map(([upstream]) => upstream);
    expect(upstreams).toEqual(["server-1:4000", "server-2:4000", "server-1:4010", "server-2:4010", "exports:4001"]);
    const names = [...caddyfile.matchAll(/^(\S+\.example\.com) \{$/gm)].map(([, name]) => name);
    const { BIPED_ISSUER: issuer, BIPED_CONSOLE_URL: console } = services["server-1"].environment;
    const urls = [issuer, console, services.exports.environment.BIPED_ENDPOINT];
    expect(urls.map((url) => new URL(url).hostname)).toEqual(names);
    expect(services.proxy.networks.front.aliases).toEqual(names);
    expect([...caddyfile.matchAll(/^(\S+\.example\.com) \{\n\timport internal$/gm)].map(([, name]) => name)).toEqual(
      names,
    );
    expect(caddyfile).toMatch(
      /^\(internal\) \{\n\t@internal path \/metrics \/healthz \/readyz\n\trespond @internal 404\n\}$/m,
    );
  });
});

test("deploy/proxy/nginx.conf waits longer than a guard does, replaces what callers claim, and tells nobody how nodes are", () => {
  const nginx = read("proxy/nginx.conf");
  expect(Number(/proxy_read_timeout (\d+)s/.exec(nginx)?.[1])).toBeGreaterThan(25);
  expect(nginx).toContain("proxy_set_header X-Forwarded-For $remote_addr;");
  expect(nginx).toContain("proxy_set_header Host $host;");
  expect(/log_format biped '(.*)'/.exec(nginx)?.[1]).not.toMatch(/\$(?:request|request_uri|args|query_string)\b/);
  const { publicPort, adminPort } = checkServer({});
  expect(nginx.match(/^server \{$/gm)).toHaveLength(2);
  expect(nginx.match(/location ~ \^\/\(metrics\|healthz\|readyz\)\$ \{\n {4}return 404;/g)).toHaveLength(2);
  const ports = [...nginx.matchAll(/^ {2}server \S+:(\d+) /gm)].map(([, port]) => Number(port));
  expect(ports).toEqual([publicPort, publicPort, adminPort, adminPort]);
});

describe("deploy/helm/biped", () => {
  const chart = join(deploy, "helm", "biped");
  const values = parse(read("helm/biped/values.yaml"));
  let manifests: ReadonlyMap<string, Manifest>;
  beforeAll(() => {
    manifests = renderChart(chart);
  });
  const pod = (file: string): Manifest => manifests.get(file).spec.template.spec;

  test("its values are what its schema asks for, and a secret among the settings is refused", () => {
    const schema = z.fromJSONSchema(JSON.parse(read("helm/biped/values.schema.json")));
    expect(schema.safeParse(values).error).toBeUndefined();
    expect(schema.safeParse({ ...values, replicas: 0 }).success).toBe(false);
    expect(schema.safeParse({ ...values, further: true }).success).toBe(false);
    for (const name of ["BIPED_KEK", "BIPED_DATABASE_URL", "PGPASSWORD"])
      expect(schema.safeParse({ ...values, settings: { ...values.settings, [name]: "x" } }).success, name).toBe(false);
  });

  test("its objects, with and without what is optional", () => {
    const kinds = (rendered: typeof manifests) => [...rendered.values()].map(({ kind }) => kind);
    const always = ["Deployment", "PodDisruptionBudget", "Job", "NetworkPolicy", "Service"];
    expect(kinds(manifests)).toEqual(always);
    const monitored = renderChart(chart, { serviceMonitor: { enabled: true, interval: "15s" } });
    expect(kinds(monitored).toSorted()).toEqual([...always, "ServiceMonitor"].toSorted());
    expect(kinds(renderChart(chart, { networkPolicy: { enabled: false } }))).not.toContain("NetworkPolicy");
  });

  test.each(["deployment.yaml", "migrate.yaml"])(
    "%s: no root, no right, nothing written, no secret but by name",
    (file) => {
      const { securityContext, containers, automountServiceAccountToken } = pod(file);
      expect(automountServiceAccountToken).toBe(false);
      expect(securityContext).toMatchObject({
        runAsNonRoot: true,
        runAsUser: 10001,
        seccompProfile: { type: "RuntimeDefault" },
      });
      expect(containers).toHaveLength(1);
      expect(containers[0].securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
      expect(containers[0].image).toBe(`${values.image.repository}:${readManifest("authorization-server").version}`);
      const url = containers[0].env.find(({ name }: Manifest) => name === "BIPED_DATABASE_URL");
      expect(url).toEqual({
        name: "BIPED_DATABASE_URL",
        valueFrom: { secretKeyRef: { name: expect.any(String), key: "url" } },
      });
    },
  );

  test("the server starts with the settings, drains before it is killed, and finds its key where it is mounted", () => {
    const { containers, terminationGracePeriodSeconds, volumes } = pod("deployment.yaml");
    const [{ env, volumeMounts }] = containers;
    const environment = Object.fromEntries(
      env.map(({ name, value = "postgres://db/biped" }: Manifest) => [name, value]),
    );
    expect(strayFrom(serverSettings.shape, environment)).toEqual([]);
    const config = checkServer(environment);
    expect(config.drainSeconds).toBe(values.drainSeconds);
    expect(terminationGracePeriodSeconds).toBeGreaterThan(config.drainSeconds + cutSeconds);
    const mounted = volumeMounts.find(({ mountPath }: Manifest) => mountPath === environment.CREDENTIALS_DIRECTORY);
    const volume = volumes.find(({ name }: Manifest) => name === mounted.name);
    expect(volume.secret.secretName).toBe(values.secrets.keyEncryptionKey);
    expect(config.keyEncryptionKey).toEqual({ kind: "credential", name: "kek" });
    expect(volumeMounts.map(({ mountPath }: Manifest) => mountPath)).toContain("/var/lib/biped");
  });

  test("selectors select the server's pods alone, and ports are the server's", () => {
    const labels = manifests.get("deployment.yaml").spec.template.metadata.labels;
    const selectors = [
      manifests.get("deployment.yaml").spec.selector.matchLabels,
      manifests.get("disruption-budget.yaml").spec.selector.matchLabels,
      manifests.get("network-policy.yaml").spec.podSelector.matchLabels,
      manifests.get("service.yaml").spec.selector,
    ];
    for (const selector of selectors) expect(selector).toEqual(labels);
    expect(manifests.get("migrate.yaml").spec.template.metadata.labels).not.toMatchObject(labels);
    const { publicPort, adminPort } = checkServer({});
    const [{ ports }] = pod("deployment.yaml").containers;
    expect(ports.map(({ containerPort }: Manifest) => containerPort)).toEqual([publicPort, adminPort]);
  });

  test("200: each probe's path, and the path of the metrics, at a server", async () => {
    const started = await startServer("sqlite");
    onTestFinished(started.stop);
    const urls: Record<string, string> = { public: started.url, admin: started.adminUrl };
    const [{ startupProbe, livenessProbe, readinessProbe }] = pod("deployment.yaml").containers;
    const asked = [startupProbe, livenessProbe, readinessProbe].map(({ httpGet }) => httpGet);
    const monitored = renderChart(chart, { serviceMonitor: { enabled: true, interval: "15s" } });
    const paths = [...asked, ...monitored.get("service-monitor.yaml").spec.endpoints];
    const answers = await Promise.all(paths.map(({ port, path }) => fetch(`${urls[port]}${path}`)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });
});

const units = globSync("*.service", { cwd: join(deploy, "systemd") }).toSorted();

/** The last value of each. */
const readUnit = (unit: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...read(`systemd/${unit}`).matchAll(/^(\w+)=(.*)$/gm)].map(([, name = "", value = ""]) => [name, value]),
  );

const readEnvironment = (file: string): Record<string, string> =>
  Object.fromEntries(
    [...read(file).matchAll(/^#?([A-Z_]+)=(.*)$/gm)].map(([, name = "", value = ""]) => [name, value]),
  );

describe("deploy/systemd", () => {
  test("the files of settings name those that are, and the programs start with them", () => {
    const server = readEnvironment("systemd/server.env");
    expect(strayFrom(serverSettings.shape, server)).toEqual([]);
    expect(Number.parseInt(readUnit("biped-server.service").TimeoutStopSec ?? "", 10)).toBeGreaterThan(60 + cutSeconds);
    expect(checkServer({ ...server, BIPED_KEK_CREDENTIAL: "biped-kek" }).issuer).toBe(server.BIPED_ISSUER);
    expect(read("systemd/biped-server.service")).toContain("LoadCredential=biped-kek:/etc/biped/kek\n");
    expect(readConfig(readEnvironment("systemd/exports.env")).config.issuer).toBe(server.BIPED_ISSUER);
  });

  test.each(units)("%s leaves no memory behind, gains nothing, and writes in its own directory alone", (unit) => {
    expect(readUnit(unit)).toMatchObject({
      LimitCORE: "0",
      Restart: "always",
      StartLimitIntervalSec: "0",
      NoNewPrivileges: "yes",
      ProtectSystem: "strict",
      ProtectHome: "yes",
      CapabilityBoundingSet: "",
      UMask: "0077",
      StateDirectoryMode: "0700",
      SystemCallArchitectures: "native",
    });
    const [, app = "", script = ""] = /@biped\/([\w-]+)\/(dist\/[\w-]+\.js)/.exec(readUnit(unit).ExecStart ?? "") ?? [];
    expect(Object.values(readManifest(app).bin)).toEqual([script]);
    expect(read("systemd/biped.sysusers.conf")).toContain(`u ${readUnit(unit).User} - `);
  });

  test("runs of exports wait for everybody else", () => {
    expect(readUnit("biped-data-export-work.service")).toMatchObject({
      CPUSchedulingPolicy: "idle",
      IOSchedulingClass: "idle",
    });
    expect(readUnit("biped-data-export-work.service").ExecStart).toMatch(/ work$/);
    expect(read("systemd/biped-data-export-api.service")).toContain("BIPED_EXPORT_RUNS_AT_ONCE=0");
  });

  /** An older one does not know all of it. */
  const version = Number(
    /^systemd (\d+)/.exec(spawnSync("systemd-analyze", ["--version"], { encoding: "utf8" }).stdout ?? "")?.[1],
  );

  test.skipIf(!(version >= 252))("systemd finds no fault in them, and an exposure of at most 2 of 10", () => {
    const directory = mkdtempSync(join(tmpdir(), "biped-units-"));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const files = units.map((unit) => {
      const file = join(directory, basename(unit));
      // Node is elsewhere here, and a program that is not there is a fault.
      writeFileSync(file, read(`systemd/${unit}`).replace("/usr/bin/node", process.execPath));
      return file;
    });
    const verified = spawnSync("systemd-analyze", ["verify", ...files], { encoding: "utf8" });
    expect([verified.status, verified.stdout, verified.stderr]).toEqual([0, "", ""]);
    for (const file of files)
      execFileSync("systemd-analyze", ["security", "--offline=yes", "--threshold=20", file], { stdio: "pipe" });
  });
});
