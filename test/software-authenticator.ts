/** A WebAuthn authenticator and its browser in a few lines: ES256 keys, `none` attestation, users verified at will. */

import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

export type Quirks = {
  /** The origin of the page that asks. */
  readonly origin?: string;
  readonly crossOrigin?: boolean;
  readonly userVerified?: boolean;
  readonly userHandle?: string | null;
  /** Instead of counting on. */
  readonly counter?: number;
  /** Signs something else. */
  readonly forged?: boolean;
};

type Options = Readonly<Record<string, unknown>>;

export function createAuthenticator(consoleUrl: string) {
  const { origin: ownOrigin, hostname } = new URL(consoleUrl);
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const id = randomBytes(32).toString("base64url");
  let counter = 0;
  let userHandle = "";

  const clientData = (type: string, options: Options, { origin = ownOrigin, crossOrigin = false }: Quirks) =>
    Buffer.from(JSON.stringify({ type, challenge: options.challenge, origin, crossOrigin }));

  const authenticatorData = (quirks: Quirks, attested: Buffer = Buffer.alloc(0)): Buffer => {
    counter = quirks.counter ?? counter + 1;
    const head = Buffer.alloc(5);
    head.writeUInt8(1 | (quirks.userVerified === false ? 0 : 4) | (attested.length > 0 ? 0x40 : 0));
    head.writeUInt32BE(counter, 1);
    return Buffer.concat([createHash("sha256").update(hostname).digest(), head, attested]);
  };

  return {
    id,
    /** What `navigator.credentials.create` answers, as JSON. */
    create: (options: Options, quirks: Quirks = {}) => {
      userHandle = String((options.user as Options).id);
      const length = Buffer.alloc(2);
      length.writeUInt16BE(32);
      const attested = Buffer.concat([Buffer.alloc(16), length, Buffer.from(id, "base64url"), encodeKey(publicKey)]);
      const attestation = encodeCbor(
        new Map<string, unknown>([
          ["fmt", "none"],
          ["attStmt", new Map()],
          ["authData", authenticatorData(quirks, attested)],
        ]),
      );
      return answer(id, {
        clientDataJSON: clientData("webauthn.create", options, quirks).toString("base64url"),
        attestationObject: attestation.toString("base64url"),
        transports: ["internal"],
      });
    },
    /** What `navigator.credentials.get` answers, as JSON. */
    get: (options: Options, quirks: Quirks = {}) => {
      const client = clientData("webauthn.get", options, quirks);
      const data = authenticatorData(quirks);
      const hash = createHash("sha256").update(client).digest();
      const signed = Buffer.concat([data, quirks.forged === true ? randomBytes(32) : hash]);
      return answer(id, {
        clientDataJSON: client.toString("base64url"),
        authenticatorData: data.toString("base64url"),
        signature: sign("sha256", signed, privateKey).toString("base64url"),
        userHandle: quirks.userHandle === undefined ? userHandle : quirks.userHandle,
      });
    },
  };
}

export type Authenticator = ReturnType<typeof createAuthenticator>;

function answer(id: string, response: Options) {
  return { id, rawId: id, type: "public-key", clientExtensionResults: {}, response };
}

/** COSE (RFC 9053 §7.1): EC2, ES256, P-256. */
function encodeKey(key: KeyObject): Buffer {
  const { x = "", y = "" } = key.export({ format: "jwk" });
  return encodeCbor(
    new Map<number, unknown>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, Buffer.from(x, "base64url")],
      [-3, Buffer.from(y, "base64url")],
    ]),
  );
}

/** As much of RFC 8949 as the above needs. */
function encodeCbor(value: unknown): Buffer {
  if (typeof value === "number") return value < 0 ? encodeHead(1, -1 - value) : encodeHead(0, value);
  if (typeof value === "string") return Buffer.concat([encodeHead(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (Buffer.isBuffer(value)) return Buffer.concat([encodeHead(2, value.length), value]);
  if (!(value instanceof Map)) throw new TypeError("This is not written in CBOR here.");
  return Buffer.concat([encodeHead(5, value.size), ...[...value].flat().map(encodeCbor)]);
}

function encodeHead(major: number, count: number): Buffer {
  if (count < 24) return Buffer.from([(major << 5) | count]);
  if (count < 256) return Buffer.from([(major << 5) | 24, count]);
  return Buffer.from([(major << 5) | 25, count >> 8, count & 0xff]);
}
