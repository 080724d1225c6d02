import { BarChart } from "../../design/bar-chart.tsx";
import type { Bar } from "../../design/bar-layout.ts";

type UsageChartProps = {
  /** The whole message in a sentence. */
  readonly label: string;
  readonly bars: readonly Bar[];
};

/** Tokens from the bottom up, refusals above them. */
export function UsageChart({ label, bars }: UsageChartProps) {
  return (
    <div className="stack stack--tight">
      <p className="muted">{label}.</p>
      <BarChart label={label} series={["Tokens issued", "Refusals"]} bars={bars} />
    </div>
  );
}
