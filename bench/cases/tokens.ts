/** Tokens a second, and the time that one takes, at each server. */

import { readFileSync, statSync } from "node:fs";
import type { Measure, Reading } from "../cases.ts";
import type { Lab, StockedStore } from "../lab.ts";
import { startHealthProbe } from "../load/health-probe.ts";
import { measureLoad, type RequestBodies } from "../load/load.ts";
import { type BipedSettings, createProgram, tokenPath, uncountedNotice } from "../servers/biped.ts";
import { type ChildServer, type ServerProgram, startServer } from "../servers/child-server.ts";
import { createPeer, type PeerName } from "../servers/peers.ts";

export type Trial = {
  readonly program: ServerProgram;
  readonly tokenPath: string;
  readonly bodies: RequestBodies;
  readonly connections: number;
  readonly algorithm: string;
};

const connections = 64;

export const measurePeer =
  (name: PeerName): Measure =>
  async (lab) => {
    const peer = createPeer(name, lab.folder);
    return measureTokens(lab, { ...peer, connections, algorithm: "RS256" });
  };

export const measureRs256: Measure = async (lab) => measureBiped(lab, await lab.one());
export const measureEs256: Measure = async (lab) => measureBiped(lab, await lab.oneForEs256(), { algorithm: "ES256" });
export const measureThousand: Measure = async (lab) => measureBiped(lab, await lab.thousand());
export const measureMany: Measure = async (lab) => measureBiped(lab, await lab.many());

export const measureUnrecorded: Measure = async (lab) => {
  const stocked = await lab.thousand();
  const { outputFile } = createProgram(stocked.store);
  const before = statSync(outputFile).size;
  const reading = await measureBiped(lab, stocked, { records: "off" });
  const printed = readFileSync(outputFile).subarray(before).toString();
  if (printed.split(uncountedNotice).length !== 3) throw new Error("A counter has moved: it was not switched off.");
  return reading;
};

/** Is a liveness probe answered while 512 callers want tokens? */
export const measureHealth: Measure = async (lab) => {
  const { store, bodies } = await lab.one();
  const trial = { program: createProgram(store), tokenPath, bodies, connections: 512, algorithm: "RS256" };
  return measureTokens(lab, trial, ({ origin }) => {
    const stopProbe = startHealthProbe(`${origin}/healthz`);
    return async () => ({ healthP50Milliseconds: await stopProbe() });
  });
};

async function measureBiped(lab: Lab, { store, bodies }: StockedStore, settings: BipedSettings = {}): Promise<Reading> {
  const { algorithm = "RS256" } = settings;
  return measureTokens(lab, { program: createProgram(store, settings), tokenPath, bodies, connections, algorithm });
}

type Beside = (server: ChildServer) => () => Promise<Readonly<Record<string, number>>>;
const nothingBeside: Beside = () => async () => ({});

export async function measureTokens({ pace }: Lab, trial: Trial, beside: Beside = nothingBeside): Promise<Reading> {
  const server = await startServer(trial.program);
  try {
    const url = server.origin + trial.tokenPath;
    await checkToken(url, trial);
    const stopBeside = beside(server);
    const { cpu, ...load } = await measureLoad({ ...pace, ...trial, url }, server.pid);
    const besides = await stopBeside();
    return { values: { ...load, ...besides, residentMegabytes: server.residentMegabytes() }, cpu };
  } finally {
    await server.stop();
  }
}

/** A server that answers quickly with something else would win every race. */
async function checkToken(url: string, { program, bodies, algorithm }: Trial): Promise<void> {
  const { prefix, recordsFile, recordBytes } = bodies;
  const body = prefix + readFileSync(recordsFile, "latin1").slice(0, recordBytes);
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const response = await fetch(url, { method: "POST", headers, body });
  const answer: unknown = await response.json();
  const token = typeof answer === "object" && answer !== null && "access_token" in answer ? answer.access_token : "";
  const [header = "", payload = "", signature = ""] = String(token).split(".");
  const { alg } = header === "" ? { alg: undefined } : JSON.parse(Buffer.from(header, "base64url").toString());
  const isWhole = payload.length > 300 && signature.length > 80;
  if (response.status !== 200 || alg !== algorithm || !isWhole) {
    throw new Error(`${program.name} gave no ${algorithm} token: ${response.status} ${JSON.stringify(answer)}`);
  }
}
