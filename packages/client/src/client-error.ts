/** What went wrong, in the three kinds that ask for three different reactions. */
export type ClientErrorKind =
  /** The service answered, and said no. Ask differently, or not at all. */
  | "refused"
  /** No usable answer came: no connection, a timeout, too many requests, a server error. Try later. */
  | "unreachable"
  /** What answered does not speak this protocol: HTML, another shape, an address that is not allowed. Check the settings. */
  | "not_oauth";

type ClientErrorParts = {
  readonly kind: ClientErrorKind;
  /** The service's `errorCode` or `error`, else one of this package. Stable; compare with it. */
  readonly code: string;
  /** The HTTP status, where there was an answer. */
  readonly status?: number | undefined;
  readonly requestId?: string | undefined;
  /** The service's own words, with secrets and tokens blotted out. */
  readonly serverText?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
  readonly cause?: unknown;
};

/** The one error of this package for what happens outside it; mistakes of the caller's code are a TypeError. */
export class ClientError extends Error {
  override readonly name = "ClientError";
  declare readonly kind: ClientErrorKind;
  declare readonly code: string;
  declare readonly status: number | undefined;
  declare readonly requestId: string | undefined;
  declare readonly serverText: string | undefined;
  /** How long the service asked to be left alone, in seconds. */
  declare readonly retryAfterSeconds: number | undefined;

  constructor(message: string, { cause, ...parts }: ClientErrorParts) {
    super(message, cause === undefined ? undefined : { cause });
    Object.assign(this, parts);
  }
}
