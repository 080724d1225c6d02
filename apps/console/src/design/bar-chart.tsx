import "./bar-chart.css";
import { type Bar, findAxisEnd, layOutBars } from "./bar-layout.ts";
import { Table } from "./table.tsx";

type BarChartProps = {
  /** The whole message in a sentence: it is read in the place of the picture. */
  readonly label: string;
  /** At most two: what is wanted, then what is not. */
  readonly series: readonly string[];
  readonly bars: readonly Bar[];
};

const area = { width: 640, height: 144 };
const format = new Intl.NumberFormat("en-GB");

/** Stacked bars, and the same numbers as a table. */
export function BarChart({ label, series, bars }: BarChartProps) {
  return (
    <figure className="bar-chart">
      <div className="row row--apart">
        <ul className="bar-chart__legend">
          {series.map((name, index) => (
            <li key={name}>
              <span className={`bar-chart__swatch bar-chart__bar--${index}`} />
              {name}
            </li>
          ))}
        </ul>
        <span className="bar-chart__axis">{format.format(findAxisEnd(bars))}</span>
      </div>
      <svg
        className="bar-chart__plot"
        viewBox={`0 0 ${area.width} ${area.height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={label}
      >
        {layOutBars(bars, area).map(({ series: index, ...rectangle }) => (
          <rect key={`${rectangle.x}-${index}`} {...rectangle} className={`bar-chart__bar--${index}`} />
        ))}
      </svg>
      <div className="bar-chart__axis">
        <span>{bars.at(0)?.label}</span>
        <span>{bars.at(-1)?.label}</span>
      </div>
      <details className="bar-chart__table">
        <summary>Show the numbers</summary>
        <Table label={label} rows={bars} rowKey={(bar) => bar.label} columns={createColumns(series)} />
      </details>
    </figure>
  );
}

function createColumns(series: readonly string[]) {
  return [
    {
      id: "label",
      title: "When",
      isTitle: true,
      cell: (bar: Bar) => bar.label,
    },
    ...series.map((title, index) => ({
      id: title,
      title,
      align: "end" as const,
      cell: (bar: Bar) => format.format(bar.values[index] ?? 0),
    })),
  ];
}
