/** One bar: a label and how much of each series it holds, from the bottom up. */
export type Bar = {
  readonly label: string;
  readonly values: readonly number[];
};

export type Rectangle = {
  readonly series: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
};

type Area = { readonly width: number; readonly height: number };

/** The next of 1, 2, 5, 10, 20, 50 … that nothing exceeds, so that the axis has a round end. */
export function findAxisEnd(bars: readonly Bar[]): number {
  const most = Math.max(1, ...bars.map(({ values }) => sum(values)));
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 5, 10].map((factor) => factor * power).find((end) => end >= most) ?? most;
}

/** Stacked bars over the whole width; a value above zero is at least one pixel high, so that it is seen. */
export function layOutBars(bars: readonly Bar[], { width, height }: Area): readonly Rectangle[] {
  const end = findAxisEnd(bars);
  const step = width / Math.max(1, bars.length);
  const gap = Math.min(4, step * 0.25);
  return bars.flatMap(({ values }, index) => {
    let y = height;
    return values.flatMap((value, series) => {
      if (value <= 0) return [];
      const own = Math.max(1, (value / end) * height);
      y -= own;
      return [
        {
          series,
          x: index * step + gap / 2,
          y,
          width: step - gap,
          height: own,
        },
      ];
    });
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
