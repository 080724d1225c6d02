import { expect, test } from "vitest";
import { startListener } from "../../../../test/started-listener.ts";
import { createMetrics } from "./metrics.ts";

test("GET /metrics: requests by route and status, open runs by state, bytes, processes, age of the feed", async () => {
  const { observe, endpoint } = createMetrics({
    storage: {
      countOpenRuns: async () => ({ CREATED: 3, RUNNABLE: 2, RUNNING: 1 }),
      sumAllFileBytes: async () => 4096,
    },
    engine: { countProcesses: () => 1 },
    stalenessSeconds: () => Number.POSITIVE_INFINITY,
  });
  const request = { listener: "x", route: "/v1/exports/:jobId", errorCode: undefined, seconds: 0 };
  observe({ ...request, status: 200 });
  observe({ ...request, status: 200 });
  observe({ ...request, status: 404 });
  const started = await startListener({ routes: { "/metrics": { GET: endpoint } } });
  const answer = await fetch(`${started.url}/metrics`);
  await started.stop();
  expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  expect(await answer.text()).toBe(`# HELP biped_export_runs Runs that have not ended, by state
# TYPE biped_export_runs gauge
biped_export_runs{state="CREATED"} 3
biped_export_runs{state="RUNNABLE"} 2
biped_export_runs{state="RUNNING"} 1

# HELP biped_export_file_bytes Files that are kept
# TYPE biped_export_file_bytes gauge
biped_export_file_bytes 4096

# HELP biped_export_engine_processes Processes of the engine that run now
# TYPE biped_export_engine_processes gauge
biped_export_engine_processes 1

# HELP biped_export_revocations_staleness_seconds Age of what is known of revocations
# TYPE biped_export_revocations_staleness_seconds gauge
biped_export_revocations_staleness_seconds +Inf

# HELP biped_export_requests_total Requests answered
# TYPE biped_export_requests_total counter
biped_export_requests_total{route="/v1/exports/:jobId",status="200"} 2
biped_export_requests_total{route="/v1/exports/:jobId",status="404"} 1
`);
});
