import { argon2 } from "node:crypto";
import { promisify } from "node:util";

const derive = promisify(argon2);

/** argon2id with 19 MiB and two passes, in the PHC string format that names its own parameters. */
const memoryKiB = 19_456;
const passes = 2;
const parallelism = 1;

export async function hashPassword(password: string, randomBytes: (count: number) => Uint8Array): Promise<string> {
  const nonce = Buffer.from(randomBytes(16));
  const parameters = {
    message: password.normalize("NFKC"),
    nonce,
    memory: memoryKiB,
    passes,
    parallelism,
    tagLength: 32,
  };
  const tag = await derive("argon2id", parameters);
  const encode = (bytes: Buffer): string => bytes.toString("base64").replaceAll("=", "");
  return `$argon2id$v=19$m=${memoryKiB},t=${passes},p=${parallelism}$${encode(nonce)}$${encode(tag)}`;
}
