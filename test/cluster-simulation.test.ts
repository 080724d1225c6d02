import { test, expect } from "vitest";
import { simulate } from "./simulation/cluster.ts";
import { createTemplate } from "./simulation/world.ts";

test("tries", { timeout: 600_000 }, async () => {
  const template = await createTemplate();
  const cpu = process.cpuUsage();
  const all: Record<string, number> = {};
  const n = Number(process.env.SEEDS ?? 5);
  const seeds = process.env.LIST ? process.env.LIST.split(",").map(Number) : Array.from({ length: n }, (_, at) => Number(process.env.FROM ?? 1) + at);
  for (const seed of seeds) {
    const out = await simulate(seed, template);
    for (const [k, v] of Object.entries(out.counts)) all[k] = (all[k] ?? 0) + v;
    if (out.violations.length > 0) console.log(seed, out.violations);
    if (process.env.TRACE) console.log(out.trace.join("\n"));
    if (seed < 4 || process.env.TWICE) {
      const other = await simulate(seed, template);
      if (other.hash !== out.hash) {
        const at = out.trace.findIndex((line, i) => line !== other.trace[i]);
        console.log("DIFF", seed, out.trace.slice(at - 3, at + 3), other.trace.slice(at - 3, at + 3));
      }
    }
  }
  const used = process.cpuUsage(cpu);
  console.log(all, (used.user + used.system) / 1000 / n, "ms a run");
  await template.remove();
});
