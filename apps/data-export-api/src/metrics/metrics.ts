import type { Endpoint, MeasuredRequest } from "@biped/listener";
import type { FileStorage, RunStorage } from "../storage/storage.ts";

export type MetricParts = {
  readonly storage: Pick<RunStorage, "countOpenRuns"> & Pick<FileStorage, "sumAllFileBytes">;
  readonly engine: { readonly countProcesses: () => number };
  /** How old what is known of revocations is; Infinity where nothing is. */
  readonly stalenessSeconds: () => number;
};

export type Metrics = {
  readonly observe: (request: MeasuredRequest) => void;
  /** GET /metrics in the text format of Prometheus. */
  readonly endpoint: Endpoint;
};

type Sample = { readonly labels: Readonly<Record<string, string>>; readonly value: number };
type Metric = {
  readonly name: string;
  readonly help: string;
  readonly kind: "counter" | "gauge";
  readonly samples: readonly Sample[];
};

/** So few that no library is needed. Labels hold routes, statuses and states, never what a caller chose. */
export function createMetrics(parts: MetricParts): Metrics {
  const requests = new Map<string, { readonly labels: Sample["labels"]; value: number }>();
  return {
    observe: ({ route, status }) => {
      const labels = { route, status: String(status) };
      const key = `${route} ${status}`;
      const counted = requests.get(key) ?? { labels, value: 0 };
      counted.value += 1;
      requests.set(key, counted);
    },
    endpoint: async () => {
      const metrics = [...(await readGauges(parts)), describeRequests([...requests.values()])];
      const content = metrics.map(formatMetric).join("\n");
      return { status: 200, body: undefined, text: { content, mediaType: "text/plain; version=0.0.4; charset=utf-8" } };
    },
  };
}

function describeRequests(samples: readonly Sample[]): Metric {
  return { name: "biped_export_requests_total", help: "Requests answered", kind: "counter", samples };
}

async function readGauges({ storage, engine, stalenessSeconds }: MetricParts): Promise<readonly Metric[]> {
  const runs = Object.entries(await storage.countOpenRuns()).map(([state, value]) => ({ labels: { state }, value }));
  const plain = [
    ["biped_export_file_bytes", "Files that are kept", await storage.sumAllFileBytes()],
    ["biped_export_engine_processes", "Processes of the engine that run now", engine.countProcesses()],
    ["biped_export_revocations_staleness_seconds", "Age of what is known of revocations", stalenessSeconds()],
  ] as const;
  return [
    { name: "biped_export_runs", help: "Runs that have not ended, by state", kind: "gauge", samples: runs },
    ...plain.map(([name, help, value]): Metric => ({ name, help, kind: "gauge", samples: [{ labels: {}, value }] })),
  ];
}

function formatMetric({ name, help, kind, samples }: Metric): string {
  const lines = samples.map(({ labels, value }) => `${name}${formatLabels(labels)} ${formatNumber(value)}`);
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`, ...lines, ""].join("\n");
}

function formatLabels(labels: Sample["labels"]): string {
  const pairs = Object.entries(labels).map(([name, text]) => `${name}=${JSON.stringify(text)}`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function formatNumber(value: number): string {
  return value === Number.POSITIVE_INFINITY ? "+Inf" : String(value);
}
