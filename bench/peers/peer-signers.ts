/** Two ways to sign for the libraries that leave it to their users. */

import { type KeyObject, sign } from "node:crypto";
import jsonwebtoken from "jsonwebtoken";
import { keyId } from "./peer-setting.ts";

export type SignClaims = (claims: object) => Promise<string>;

/** `library`: jsonwebtoken, on the event loop. `thread pool`: what Biped does, lent to the peer. */
export function createPeerSigner(way: "library" | "thread pool", privateKey: KeyObject): SignClaims {
  const header = { alg: "RS256", typ: "at+jwt", kid: keyId };
  if (way === "library") {
    const options = { algorithm: "RS256", keyid: keyId, header };
    return async (claims) => jsonwebtoken.sign(claims, privateKey, options);
  }
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const headerSegment = encode(header);
  return (claims) =>
    new Promise((resolve, reject) => {
      const content = `${headerSegment}.${encode(claims)}`;
      sign("sha256", Buffer.from(content), privateKey, (error, signature) => {
        if (error === null) resolve(`${content}.${signature.toString("base64url")}`);
        else reject(error);
      });
    });
}
