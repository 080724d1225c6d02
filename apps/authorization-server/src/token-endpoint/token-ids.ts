const idBytes = 16;
/** One call of the operating system for so many ids; a call for each would cost a token more than its digest does. */
const idsAtOnce = 256;

/** Token ids (`jti`): 128 random bits each in base64url. None is handed out twice. */
export function createTokenIds(randomBytes: (count: number) => Uint8Array): () => string {
  let bytes = Buffer.alloc(0);
  let used = 0;
  return () => {
    if (used === bytes.length) {
      bytes = Buffer.from(randomBytes(idBytes * idsAtOnce));
      used = 0;
    }
    used += idBytes;
    return bytes.toString("base64url", used - idBytes, used);
  };
}
