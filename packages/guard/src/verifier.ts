import type { SigningAlgorithm } from "@biped/protocol";
import type { PublicKey } from "./public-key.ts";

/**
 * What verification needs of the platform. On Node every answer is immediate, elsewhere WebCrypto answers with
 * promises; `andThen` lets one text serve both without a promise hop where none is needed.
 */
export type Verifier = {
  /** Undefined where the platform finds the key unusable, for example a point that is not on its curve. */
  readonly importKey: (key: PublicKey) => VerifierKey | undefined | Promise<VerifierKey | undefined>;
  /** The text in a segment of canonical base64url; undefined where the bytes are not UTF-8. */
  readonly decodeText: (segment: string) => string | undefined;
  /** SHA-256 of an ASCII text, in any spelling of the same length. */
  readonly digest: (text: string) => string | Promise<string>;
};

export type VerifierKey = {
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  /** Both are canonical base64url; `signingInput` is the first two segments with their dot (RFC 7515 §5.2). */
  readonly verify: (signingInput: string, signature: string) => boolean | Promise<boolean>;
};

export function andThen<Value, Next>(
  value: Value | Promise<Value>,
  next: (value: Value) => Next | Promise<Next>,
): Next | Promise<Next> {
  return value instanceof Promise ? value.then(next) : next(value);
}
