/** Imports nothing, so that it runs where the servers would not: better-sqlite3 ends an older Node without a word. */

const neededMajor = 24;

/** True on a Node that can run a server; else says in one line what `command` needs, and sets the exit code to 1. */
export function isNodeNewEnough(command: string): boolean {
  if (Number.parseInt(process.versions.node, 10) >= neededMajor) return true;
  const fault = `Node ${neededMajor} or newer is needed. This is Node ${process.versions.node}.`;
  process.stderr.write(`${command}: ${fault}\n`);
  process.exitCode = 1;
  return false;
}
