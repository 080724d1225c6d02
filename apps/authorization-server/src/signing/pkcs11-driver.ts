/** What we use of the optional package pkcs11js, of its version 2; names and constants are those of PKCS #11 2.40. */

type Mechanism = { readonly mechanism: number; readonly parameter: Readonly<Record<string, unknown>> };
type Attribute = { readonly type: number; readonly value?: string | number };

export type TokenModule = {
  readonly load: (path: string) => void;
  readonly C_Initialize: () => void;
  readonly C_GetSlotList: (tokenPresent: boolean) => readonly Buffer[];
  readonly C_GetTokenInfo: (slot: Buffer) => { readonly label: string };
  readonly C_OpenSession: (slot: Buffer, flags: number) => Buffer;
  readonly C_CloseSession: (session: Buffer) => void;
  readonly C_Login: (session: Buffer, user: number, pin: string) => void;
  readonly C_FindObjectsInit: (session: Buffer, template: readonly Attribute[]) => void;
  readonly C_FindObjects: (session: Buffer, limit: number) => readonly Buffer[];
  readonly C_FindObjectsFinal: (session: Buffer) => void;
  readonly C_GetAttributeValue: (
    session: Buffer,
    object: Buffer,
    template: readonly Attribute[],
  ) => readonly { readonly value: Buffer }[];
  readonly C_EncryptInit: (session: Buffer, mechanism: Mechanism, key: Buffer) => void;
  readonly C_Encrypt: (session: Buffer, content: Buffer, answer: Buffer) => Buffer;
  readonly C_DecryptInit: (session: Buffer, mechanism: Mechanism, key: Buffer) => void;
  readonly C_Decrypt: (session: Buffer, content: Buffer, answer: Buffer) => Buffer;
};

export type TokenLibrary = {
  readonly PKCS11: new () => TokenModule;
  readonly CKF_SERIAL_SESSION: number;
  readonly CKU_USER: number;
  readonly CKO_SECRET_KEY: number;
  readonly CKA_CLASS: number;
  readonly CKA_LABEL: number;
  readonly CKA_ID: number;
  readonly CKM_AES_GCM: number;
  readonly CK_PARAMS_AES_GCM_v240: number;
};

/** It is built where it is installed, so that nobody has to have it who keeps the key elsewhere. */
export async function importTokenLibrary(): Promise<TokenLibrary> {
  // A name that the compiler does not look for: it is there only where an operator has installed it.
  const name: string = "pkcs11js";
  try {
    const imported = (await import(name)) as { readonly default: TokenLibrary };
    return imported.default;
  } catch (cause) {
    throw new Error("BIPED_KEK_PKCS11 needs the package pkcs11js beside this one: npm install pkcs11js", { cause });
  }
}
