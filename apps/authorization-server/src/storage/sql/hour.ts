const secondsPerHour = 3600;

/** The epoch second at which the hour of a time begins. */
export function hourOf(seconds: number): number {
  return seconds - (seconds % secondsPerHour);
}
