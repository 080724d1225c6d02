import { execFileSync } from "node:child_process";
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createKeyEncryptionKey, EnvelopeBroken, open, rewrap, seal } from "./envelope.ts";
import type { TokenLibrary } from "./pkcs11-driver.ts";
import { openTokenKey, type TokenKey } from "./token-key.ts";

const folder = mkdtempSync(join(tmpdir(), "biped-token-"));
const pinFile = join(folder, "pin");
writeFileSync(pinFile, "1234\n", { mode: 0o600 });
afterAll(() => rmSync(folder, { recursive: true }));

const context = { use: "sig", kid: "a-kid" };
const place: TokenKey = { modulePath: "/lib/token.so", tokenLabel: "biped", keyLabel: "kek", pinFile };

/** A token in this process, with whatever trouble a test wants. */
function createFakeToken() {
  const key = Buffer.alloc(32, 7);
  const state = {
    trouble: undefined as string | undefined,
    pin: "1234",
    labels: ["biped".padEnd(32)],
    keys: ["kek"],
    initialised: false,
    sessions: 0,
    calls: [] as string[],
  };
  let operation: { parameter: Record<string, unknown> } | undefined;
  let searched: unknown;
  const fail = (code: string): never => {
    throw new Error(code);
  };
  const enter = (call: string): void => {
    state.calls.push(call);
    if (state.trouble !== undefined) fail(state.trouble);
  };
  const take = () => {
    const { iv, aad } = operation?.parameter ?? {};
    return { iv: iv as Buffer, aad: aad as Buffer };
  };
  class PKCS11 {
    load(path: string): void {
      if (path !== "/lib/token.so") fail("cannot open shared object file");
    }
    C_Initialize(): void {
      if (state.initialised) fail("CKR_CRYPTOKI_ALREADY_INITIALIZED");
      state.initialised = true;
    }
    C_GetSlotList(): readonly Buffer[] {
      enter("slots");
      return state.labels.map((_label, at) => Buffer.from([at]));
    }
    C_GetTokenInfo(slot: Buffer) {
      return { label: state.labels[slot.readUInt8()] ?? "" };
    }
    C_OpenSession(): Buffer {
      enter("open");
      state.sessions += 1;
      return Buffer.from("session");
    }
    C_CloseSession(): void {
      state.sessions -= 1;
    }
    C_Login(_session: Buffer, _user: number, pin: string): void {
      enter("login");
      if (pin !== state.pin) fail("CKR_PIN_INCORRECT");
    }
    C_FindObjectsInit(_session: Buffer, template: readonly { value?: unknown }[]): void {
      searched = template[1]?.value;
    }
    C_FindObjects(): readonly Buffer[] {
      return state.keys.filter((label) => label === searched).map(() => Buffer.from("key"));
    }
    C_FindObjectsFinal(): void {}
    C_GetAttributeValue() {
      return [{ value: Buffer.from([1]) }];
    }
    C_EncryptInit(_session: Buffer, mechanism: typeof operation): void {
      enter("encrypt");
      operation = mechanism;
    }
    C_Encrypt(_session: Buffer, content: Buffer): Buffer {
      const { iv, aad } = take();
      const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(aad);
      return Buffer.concat([cipher.update(content), cipher.final(), cipher.getAuthTag()]);
    }
    C_DecryptInit(_session: Buffer, mechanism: typeof operation): void {
      enter("decrypt");
      operation = mechanism;
    }
    C_Decrypt(_session: Buffer, content: Buffer): Buffer {
      const { iv, aad } = take();
      const decipher = createDecipheriv("aes-256-gcm", key, iv).setAAD(aad).setAuthTag(content.subarray(-16));
      try {
        return Buffer.concat([decipher.update(content.subarray(0, -16)), decipher.final()]);
      } catch {
        return fail("CKR_GENERAL_ERROR");
      }
    }
  }
  const constants = { CKF_SERIAL_SESSION: 4, CKU_USER: 1, CKO_SECRET_KEY: 4, CKA_CLASS: 0, CKA_LABEL: 3, CKA_ID: 258 };
  const library = { PKCS11, ...constants, CKM_AES_GCM: 4231, CK_PARAMS_AES_GCM_v240: 7 } as unknown as TokenLibrary;
  return { state, library };
}

describe("a key in a token", () => {
  test("wraps and unwraps what envelopes need, each time in a session of its own that is closed again", () => {
    const { state, library } = createFakeToken();
    const kek = openTokenKey(place, library);
    const envelope = seal(Buffer.from("content"), context, kek);
    expect(open(envelope, context, kek).toString()).toBe("content");
    expect(() => open(envelope, { ...context, kid: "other" }, kek)).toThrow(EnvelopeBroken);
    expect(state.sessions).toBe(0);
    expect(state.calls.filter((call) => call === "open").length).toBe(4);
  });

  test("has an id that tells nothing of it and is the same at every start", () => {
    const { library } = createFakeToken();
    expect(openTokenKey(place, library).id).toMatch(/^[0-9a-f]{16}$/);
    expect(openTokenKey(place, library).id).toBe(openTokenKey(place, library).id);
  });

  test.each([
    ["another module", { modulePath: "/lib/none.so" }, "/lib/none.so cannot be loaded (unknown cause)"],
    ["another token", { tokenLabel: "other" }, "there is no token other"],
    ["another key", { keyLabel: "other" }, "the token has no secret key other"],
    ["no PIN", { pinFile: join(folder, "none") }, "the token biped cannot be used (ENOENT)"],
  ])("with %s: refused at start, and the setting is named", (_name, changed, reason) => {
    const { library } = createFakeToken();
    expect(() => openTokenKey({ ...place, ...changed }, library)).toThrow(new Error(`BIPED_KEK_PKCS11: ${reason}`));
  });

  test("a PIN that others can read is refused, and one that a group can read is not", () => {
    const { library } = createFakeToken();
    const open = (name: string, mode: number) => {
      writeFileSync(join(folder, name), "1234\n", { mode });
      chmodSync(join(folder, name), mode);
      return () => openTokenKey({ ...place, pinFile: join(folder, name) }, library);
    };
    expect(open("for-all", 0o644)).toThrow(
      `BIPED_KEK_PKCS11: ${join(folder, "for-all")} can be read by others (mode 644): chmod 600 it`,
    );
    expect(open("for-a-group", 0o440)).not.toThrow();
  });

  test("a wrong PIN is refused without the PIN being told; two tokens or keys of one label are refused", () => {
    const { state, library } = createFakeToken();
    state.pin = "9876";
    expect(() => openTokenKey(place, library)).toThrow(
      new Error("BIPED_KEK_PKCS11: the token biped cannot be used (CKR_PIN_INCORRECT)"),
    );
    state.pin = "1234";
    state.labels.push("biped");
    expect(() => openTokenKey(place, library)).toThrow("BIPED_KEK_PKCS11: there is more than one token biped");
    state.labels.pop();
    state.keys.push("kek");
    expect(() => openTokenKey(place, library)).toThrow("BIPED_KEK_PKCS11: the token has more than one secret key kek");
  });

  test("F-17: a token that is away is no damaged envelope, and one that came back is used again", () => {
    const { state, library } = createFakeToken();
    const kek = openTokenKey(place, library);
    const envelope = seal(Buffer.from("content"), context, kek);
    state.trouble = "CKR_TOKEN_NOT_PRESENT";
    expect(() => open(envelope, context, kek)).toThrow(
      new Error("BIPED_KEK_PKCS11: the token biped cannot be used (CKR_TOKEN_NOT_PRESENT)"),
    );
    state.trouble = undefined;
    expect(open(envelope, context, kek).toString()).toBe("content");
  });

  test("gives way to a file, and a file to it: what one wrapped the other wraps anew", () => {
    const token = openTokenKey(place, createFakeToken().library);
    const file = createKeyEncryptionKey(Buffer.alloc(32, 9));
    for (const [former, next] of [
      [token, file],
      [file, token],
    ] as const) {
      const envelope = rewrap(seal(Buffer.from("content"), context, former), context, { ...next, former }) ?? "";
      expect(open(envelope, context, next).toString()).toBe("content");
    }
  });
});

/** K-05: with SoftHSM, where it and pkcs11js are installed. */
const hsm = findSoftHsm();
if ("missing" in hsm) console.log(`K-05 with SoftHSM is not run: ${hsm.missing}`);

describe.skipIf("missing" in hsm)("K-05: a key in SoftHSM", () => {
  const { modulePath = "", library } = hsm;
  const real: TokenKey = { ...place, modulePath };
  beforeAll(() => {
    mkdirSync(join(folder, "tokens"));
    const config = join(folder, "softhsm2.conf");
    writeFileSync(config, `directories.tokendir = ${join(folder, "tokens")}\nobjectstore.backend = file\n`);
    process.env.SOFTHSM2_CONF = config;
    const words = ["--module", modulePath, "--init-token", "--free", "--label", "biped"];
    execFileSync("softhsm2-util", [...words, "--pin", "1234", "--so-pin", "5678"]);
    const key = join(folder, "aes");
    writeFileSync(key, randomBytes(32), { mode: 0o600 });
    const imported = ["--module", modulePath, "--token", "biped", "--pin", "1234", "--import", key, "--aes"];
    execFileSync("softhsm2-util", [...imported, "--label", "kek", "--id", "01"]);
  });

  test("seals, opens, rotates to a file and back, and refuses what was changed", () => {
    const kek = openTokenKey(real, library as TokenLibrary);
    const envelope = seal(Buffer.from("content"), context, kek);
    expect(open(envelope, context, kek).toString()).toBe("content");
    const [version, id, wrapped = "", content] = envelope.split(".");
    const bytes = Buffer.from(wrapped, "base64url");
    bytes.writeUInt8(bytes.readUInt8(20) ^ 1, 20);
    const damaged = [version, id, bytes.toString("base64url"), content].join(".");
    expect(() => open(damaged, context, kek)).toThrow(new EnvelopeBroken("the envelope is damaged"));
    const file = createKeyEncryptionKey(Buffer.alloc(32, 9));
    const moved = rewrap(envelope, context, { ...file, former: kek }) ?? "";
    const back = rewrap(moved, context, { ...kek, former: file }) ?? "";
    expect(open(back, context, kek).toString()).toBe("content");
  });

  test("a wrong PIN is refused", () => {
    const wrong = join(folder, "wrong-pin");
    writeFileSync(wrong, "9999");
    expect(() => openTokenKey({ ...real, pinFile: wrong }, library as TokenLibrary)).toThrow(
      "BIPED_KEK_PKCS11: the token biped cannot be used (CKR_PIN_INCORRECT)",
    );
  });
});

function findSoftHsm():
  | { missing: string; modulePath?: string; library?: unknown }
  | { modulePath: string; library: unknown } {
  try {
    execFileSync("softhsm2-util", ["--version"]);
  } catch {
    return { missing: "there is no softhsm2-util" };
  }
  try {
    const library: unknown = createRequire(import.meta.url)("pkcs11js");
    const places = ["/usr/lib/softhsm", "/usr/lib/x86_64-linux-gnu/softhsm", "/usr/lib/aarch64-linux-gnu/softhsm"];
    const installed =
      process.env.SOFTHSM2_MODULE ?? places.map((at) => `${at}/libsofthsm2.so`).find((path) => existsSync(path));
    return installed === undefined ? { missing: "libsofthsm2.so is not there" } : { modulePath: installed, library };
  } catch {
    return { missing: "the package pkcs11js is not installed" };
  }
}
