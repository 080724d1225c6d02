import type { Statement } from "@biped/database";
import type { Endpoint, MeasuredRequest } from "@biped/listener";
import { paths } from "@biped/protocol";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

export type Metrics = {
  readonly observe: (request: MeasuredRequest) => void;
  /** Of a refusal: its reason in the log, which is from a closed list. */
  readonly countRefusal: (reason: string) => void;
  readonly countStatement: (statement: Statement) => void;
  /** What is read from the server's parts each time that somebody asks. */
  readonly addReadings: (readings: readonly Reading[]) => void;
  /** GET /metrics in the text format of Prometheus. */
  readonly endpoint: Endpoint;
};

/** One series of a metric for each text of its label. A number that is undefined is not told. */
export type Reading = {
  readonly name: string;
  readonly help: string;
  readonly kind: "counter" | "gauge";
} & (
  | { readonly read: () => number | undefined }
  | { readonly label: string; readonly readEach: () => Readonly<Record<string, number>> }
);

/** From half a millisecond to the ten seconds at which a drain cuts off. */
const bucketsSeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Labels hold routes, codes and reasons, never what a caller chose: their number is bounded. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers: [Registry] = [registry];
  const observe = createRequestMetrics(registers);
  const refusals = new Counter({
    name: "biped_refusals_total",
    help: "Requests with credentials that were refused, by reason; those of a limit begin with limit",
    labelNames: ["reason"],
    registers,
  });
  const statements = { done: 0, failed: 0 };
  const addReadings: Metrics["addReadings"] = (readings) => {
    for (const reading of readings) registerReading(reading, registers);
  };
  addReadings([
    {
      name: "biped_store_statements_total",
      help: "Statements of the database, waits for a connection and commits included",
      kind: "counter",
      label: "outcome",
      readEach: () => statements,
    },
  ]);
  return {
    observe,
    countRefusal: (reason) => refusals.inc({ reason }),
    countStatement: ({ sql, outcome }) => {
      // A connection that is taken is no statement; one that is not to be had is a statement that failed.
      if (sql !== "connect" || outcome === "failed") statements[outcome] += 1;
    },
    addReadings,
    endpoint: async () => ({
      status: 200,
      body: undefined,
      text: { content: await registry.metrics(), mediaType: registry.contentType },
    }),
  };
}

function createRequestMetrics(registers: [Registry]): Metrics["observe"] {
  const requests = new Counter({
    name: "biped_http_requests_total",
    help: "Requests answered, by the error code of their refusal if there was one",
    labelNames: ["listener", "route", "status", "error_code"],
    registers,
  });
  const durations = new Histogram({
    name: "biped_http_request_duration_seconds",
    help: "Time from the headers of a request to the end of its answer",
    labelNames: ["listener", "route"],
    buckets: bucketsSeconds,
    registers,
  });
  const tokens = new Counter({
    name: "biped_token_requests_total",
    help: "Requests for a token: issued, or the error code of the refusal",
    labelNames: ["outcome"],
    registers,
  });
  return ({ listener, route, status, errorCode, seconds }) => {
    requests.inc({ listener, route, status, error_code: errorCode ?? "" });
    durations.observe({ listener, route }, seconds);
    if (route === paths.token) tokens.inc({ outcome: errorCode ?? (status === 200 ? "issued" : "other") });
  };
}

/** Prometheus asks seldom, so that reading then costs less than counting all the time. */
function registerReading(reading: Reading, registers: [Registry]): void {
  const { name, help } = reading;
  const labelNames = "label" in reading ? [reading.label] : [];
  const read = (): readonly (readonly [Record<string, string>, number | undefined])[] =>
    "read" in reading
      ? [[{}, reading.read()]]
      : Object.entries(reading.readEach()).map(([text, value]) => [{ [reading.label]: text }, value]);
  if (reading.kind === "gauge") {
    const gauge: Gauge = new Gauge({
      name,
      help,
      labelNames,
      registers,
      collect: () => {
        gauge.reset();
        for (const [labels, value] of read()) if (value !== undefined) gauge.set(labels, value);
      },
    });
    return;
  }
  const counter: Counter = new Counter({
    name,
    help,
    labelNames,
    registers,
    collect: () => {
      counter.reset();
      for (const [labels, value] of read()) if (value !== undefined) counter.inc(labels, value);
    },
  });
}
