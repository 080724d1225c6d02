type Paint = (text: string) => string;

export type Style = {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly cyan: Paint;
};

type Surroundings = {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly isTerminal: boolean;
  readonly isColorRefused: boolean;
};

/** no-color.org and force-color.org; the option of the command wins. */
export function isColored({ environment, isTerminal, isColorRefused }: Surroundings): boolean {
  const { NO_COLOR = "", FORCE_COLOR = "", TERM } = environment;
  if (isColorRefused || NO_COLOR !== "") return false;
  if (FORCE_COLOR !== "") return FORCE_COLOR !== "0" && FORCE_COLOR !== "false";
  return isTerminal && TERM !== "dumb";
}

export function createStyle(surroundings: Surroundings): Style {
  const isOn = isColored(surroundings);
  const paint =
    (open: number, close: number): Paint =>
    (text) =>
      isOn && text !== "" ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  return {
    bold: paint(1, 22),
    dim: paint(2, 22),
    red: paint(31, 39),
    green: paint(32, 39),
    yellow: paint(33, 39),
    cyan: paint(36, 39),
  };
}
