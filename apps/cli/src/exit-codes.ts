/** How a run ended, for scripts. Documented in the help and in the README; never renumbered. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  refused: 3,
  unreachable: 4,
  notOauth: 5,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export const exitCodesHelp = `Exit codes:
  0  done                                   4  the service cannot be reached
  1  failed, or a check did not pass        5  the answer is not of this protocol
  2  wrong usage                            130  stopped by Ctrl-C
  3  refused by the service, no credential  143  stopped by SIGTERM`;
