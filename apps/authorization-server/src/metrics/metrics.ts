import type { Endpoint, MeasuredRequest } from "@biped/listener";
import { Counter, collectDefaultMetrics, Histogram, Registry } from "prom-client";

export type Metrics = {
  readonly observe: (request: MeasuredRequest) => void;
  /** GET /metrics in the text format of Prometheus. */
  readonly endpoint: Endpoint;
};

/** From half a millisecond to the ten seconds at which a drain cuts off. */
const bucketsSeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Labels hold routes and codes, never what a caller chose: their number is bounded. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: "biped_http_requests_total",
    help: "Requests answered, by the error code of their refusal if there was one",
    labelNames: ["listener", "route", "status", "error_code"],
    registers: [registry],
  });
  const durations = new Histogram({
    name: "biped_http_request_duration_seconds",
    help: "Time from the headers of a request to the end of its answer",
    labelNames: ["listener", "route"],
    buckets: bucketsSeconds,
    registers: [registry],
  });
  return {
    observe: ({ listener, route, status, errorCode, seconds }) => {
      requests.inc({ listener, route, status, error_code: errorCode ?? "" });
      durations.observe({ listener, route }, seconds);
    },
    endpoint: async () => ({
      status: 200,
      body: undefined,
      text: { content: await registry.metrics(), mediaType: registry.contentType },
    }),
  };
}
