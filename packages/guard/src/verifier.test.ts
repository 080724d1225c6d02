import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { verifier as nodeVerifier } from "./node-verifier.ts";
import { encodeBase64Url } from "./testing-key.ts";
import { andThen } from "./verifier.ts";
import { verifier as webVerifier } from "./web-verifier.ts";

const packageFolder = new URL("..", import.meta.url);

function resolveVerifier(...conditions: readonly string[]): string | undefined {
  const flags = conditions.map((name) => `--conditions=${name}`);
  const args = [...flags, "--input-type=module", "--eval", 'console.log(import.meta.resolve("#verifier"))'];
  const { stdout } = spawnSync(process.execPath, args, { cwd: packageFolder, encoding: "utf8" });
  return /guard\/(.*)\n$/.exec(stdout)?.[1];
}

test("Node takes the synchronous verifier, from the sources and from what is published", () => {
  expect(resolveVerifier("biped-source")).toBe("src/node-verifier.ts");
  expect(resolveVerifier()).toBe("dist/node-verifier.js");
});

test("a value is handed on at once, and a promise when it is there", async () => {
  expect(andThen(1, (value) => value + 1)).toBe(2);
  expect(await andThen(Promise.resolve(1), (value) => value + 1)).toBe(2);
});

describe.each([
  ["Node", nodeVerifier],
  ["WebCrypto", webVerifier],
])("on %s", (_name, { importKey, decodeText, digest }) => {
  test("a digest is the SHA-256, a character for each octet", async () => {
    // FIPS 180-4's own example.
    const expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    expect(Buffer.from(await digest("abc"), "latin1").toString("hex")).toBe(expected);
    expect((await digest("abc")).length).toBe(32);
  });

  test("a text is read as it stands, with the mark at its beginning, and only as UTF-8", () => {
    expect(decodeText(encodeBase64Url('{"a":"é"}'))).toBe('{"a":"é"}');
    expect(decodeText(encodeBase64Url("\uFEFF{}"))).toBe("\uFEFF{}");
    expect(decodeText(encodeBase64Url(Uint8Array.of(0x7b, 0xff, 0x7d)))).toBe(undefined);
  });

  test("numbers that make no key make none", async () => {
    const jwk = { kty: "EC", crv: "P-256", x: "A".repeat(43), y: `${"A".repeat(42)}E` } as const;
    expect(await importKey({ kid: "k", algorithm: "ES256", jwk })).toBe(undefined);
  });
});
