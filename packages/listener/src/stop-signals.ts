/**
 * Stops the program once, by SIGTERM or the first SIGINT. A supervisor that signals every process of a unit signals
 * twice, since launchers pass theirs on; whoever presses Ctrl-C a second time does not want to wait.
 * @param stop What it rejects with ends the process, as any failure does that nobody handles.
 */
export function stopOnSignals(stop: () => Promise<void>): void {
  let isStopping = false;
  const stopOnce = (): void => {
    if (isStopping) return;
    isStopping = true;
    void stop();
  };
  process.on("SIGTERM", stopOnce);
  process.once("SIGINT", stopOnce);
}
