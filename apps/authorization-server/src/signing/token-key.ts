import { createHash, randomBytes } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { EnvelopeBroken, type OpaqueKey } from "./envelope.ts";
import type { TokenLibrary, TokenModule } from "./pkcs11-driver.ts";

/** A key in a token that speaks PKCS #11, which it never leaves. */
export type TokenKey = {
  /** The library that the token's maker gives. */
  readonly modulePath: string;
  readonly tokenLabel: string;
  readonly keyLabel: string;
  readonly pinFile: string;
};

type Opened = { readonly module: TokenModule; readonly session: Buffer; readonly key: Buffer };

const ivLength = 12;
const tagLength = 16;

/**
 * AES-256-GCM within the token. Each call has a session of its own, so that a token which was away is found again; a
 * call holds the process up while the token works, and there are few: starts, changes of keys and second factors.
 * @throws Error that names the setting where the token or the key cannot be used.
 */
export function openTokenKey(place: TokenKey, library: TokenLibrary): OpaqueKey {
  const module = loadModule(place, library);
  const use = <Result>(work: (opened: Opened) => Result): Result => withKey(place, { library, module }, work);
  const id = use(({ session, key }) => {
    const [found] = module.C_GetAttributeValue(session, key, [{ type: library.CKA_ID }]);
    const names = [place.tokenLabel, place.keyLabel, found?.value.toString("hex")];
    return createHash("sha256").update("biped token key id").update(JSON.stringify(names)).digest("hex").slice(0, 16);
  });
  return {
    id,
    wrap: (dataKey, additionalData) => {
      const iv = randomBytes(ivLength);
      const mechanism = createMechanism(iv, additionalData, library);
      const wrapped = use(({ session, key }) => {
        module.C_EncryptInit(session, mechanism, key);
        return module.C_Encrypt(session, Buffer.from(dataKey), Buffer.alloc(dataKey.length + tagLength));
      });
      return Buffer.concat([iv, wrapped]);
    },
    unwrap: (wrapped, additionalData) => {
      if (wrapped.length < ivLength + tagLength) throw new EnvelopeBroken("the envelope is damaged");
      const mechanism = createMechanism(Buffer.from(wrapped.subarray(0, ivLength)), additionalData, library);
      const content = Buffer.from(wrapped.subarray(ivLength));
      return use(({ session, key }) => {
        module.C_DecryptInit(session, mechanism, key);
        return decrypt(module, session, content);
      });
    },
  };
}

/** Tokens have different codes for content that is not what they wrapped. */
function decrypt(module: TokenModule, session: Buffer, content: Buffer): Buffer {
  try {
    return module.C_Decrypt(session, content, Buffer.alloc(content.length));
  } catch (cause) {
    throw new EnvelopeBroken("the envelope is damaged", { cause });
  }
}

function createMechanism(iv: Buffer, additionalData: Uint8Array, library: TokenLibrary) {
  const parameter = { iv, aad: Buffer.from(additionalData), ivBits: ivLength * 8, tagBits: tagLength * 8 };
  return { mechanism: library.CKM_AES_GCM, parameter: { ...parameter, type: library.CK_PARAMS_AES_GCM_v240 } };
}

function loadModule({ modulePath }: TokenKey, library: TokenLibrary): TokenModule {
  const module = new library.PKCS11();
  try {
    module.load(modulePath);
    module.C_Initialize();
  } catch (cause) {
    if (describe(cause) === "CKR_CRYPTOKI_ALREADY_INITIALIZED") return module;
    throw new Error(`BIPED_KEK_PKCS11: ${modulePath} cannot be loaded (${describe(cause)})`, { cause });
  }
  return module;
}

function withKey<Result>(
  place: TokenKey,
  { library, module }: { readonly library: TokenLibrary; readonly module: TokenModule },
  work: (opened: Opened) => Result,
): Result {
  let session: Buffer | undefined;
  try {
    session = module.C_OpenSession(findSlot(module, place), library.CKF_SERIAL_SESSION);
    signIn(module, session, { user: library.CKU_USER, pinFile: place.pinFile });
    return work({ module, session, key: findKey(module, session, { place, library }) });
  } catch (cause) {
    if (cause instanceof EnvelopeBroken || cause instanceof Unusable) throw cause;
    throw new Unusable(`the token ${place.tokenLabel} cannot be used (${describe(cause)})`, cause);
  } finally {
    if (session !== undefined) close(module, session);
  }
}

class Unusable extends Error {
  constructor(reason: string, cause?: unknown) {
    super(`BIPED_KEK_PKCS11: ${reason}`, { cause });
  }
}

/** Labels are filled up with blanks to 32 octets. */
function findSlot(module: TokenModule, { tokenLabel }: TokenKey): Buffer {
  const slots = module.C_GetSlotList(true);
  const [slot, ...others] = slots.filter((each) => module.C_GetTokenInfo(each).label.trimEnd() === tokenLabel);
  if (slot === undefined) throw new Unusable(`there is no token ${tokenLabel}`);
  if (others.length > 0) throw new Unusable(`there is more than one token ${tokenLabel}`);
  return slot;
}

/** The PIN is read each time, so that it stays in no memory longer than needed and may be changed. */
function signIn(
  module: TokenModule,
  session: Buffer,
  { user, pinFile }: { readonly user: number; readonly pinFile: string },
) {
  try {
    module.C_Login(session, user, readPin(pinFile));
  } catch (error) {
    // So it is for the whole process, as long as another session is open.
    if (describe(error) !== "CKR_USER_ALREADY_LOGGED_IN") throw error;
  }
}

function readPin(path: string): string {
  const mode = statSync(path).mode & 0o777;
  // A group may: mounted secrets are read by one.
  if ((mode & 0o007) !== 0)
    throw new Unusable(`${path} can be read by others (mode ${mode.toString(8)}): chmod 600 it`);
  return readFileSync(path, "utf8").trim();
}

function findKey(
  module: TokenModule,
  session: Buffer,
  { place: { keyLabel }, library }: { readonly place: TokenKey; readonly library: TokenLibrary },
): Buffer {
  const secretKey = { type: library.CKA_CLASS, value: library.CKO_SECRET_KEY };
  module.C_FindObjectsInit(session, [secretKey, { type: library.CKA_LABEL, value: keyLabel }]);
  const [key, ...others] = module.C_FindObjects(session, 2);
  module.C_FindObjectsFinal(session);
  if (key === undefined) throw new Unusable(`the token has no secret key ${keyLabel}`);
  if (others.length > 0) throw new Unusable(`the token has more than one secret key ${keyLabel}`);
  return key;
}

/** What went wrong before must not be hidden by a session that cannot be closed any more. */
function close(module: TokenModule, session: Buffer): void {
  try {
    module.C_CloseSession(session);
  } catch {
    // It went with the token.
  }
}

/** `CKR_…` of the library, or the code of a file that cannot be read. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return "unknown cause";
  const [name] = /CKR_\w+/.exec(error.message) ?? [];
  return name ?? ("code" in error && typeof error.code === "string" ? error.code : "unknown cause");
}
