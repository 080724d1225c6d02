import { describe, expect, test } from "vitest";
import {
  accessTokenType,
  createAccessTokenClaims,
  isSigningAlgorithm,
  parseAccessTokenClaims,
} from "./access-token.ts";
import type { Grant } from "./client-credentials-grant.ts";

const grant: Grant = {
  clientId: "c3133d76-a768-4f5a-9c1e-0d6f3a1b2c4d",
  secretId: "s-1",
  accountId: 7,
  projectId: 42,
  endpoint: "https://api.eu-west-1.example.com",
  scopes: ["data-export", "metrics"],
  epochs: { account: 0, project: 3, credential: 5 },
  secretExpiresAt: undefined,
};

const claims = {
  iss: "https://auth.example.com",
  sub: "c3133d76-a768-4f5a-9c1e-0d6f3a1b2c4d",
  client_id: "c3133d76-a768-4f5a-9c1e-0d6f3a1b2c4d",
  aud: "https://api.eu-west-1.example.com",
  exp: 1_800_003_600,
  iat: 1_800_000_000,
  jti: "j-1",
  scope: "data-export metrics",
  project_id: 42,
  account_id: 7,
  secret_id: "s-1",
  epochs: { account: 0, project: 3, credential: 5 },
};

describe("the claims of a new access token", () => {
  test("are exactly the twelve of RFC 9068 and Biped, for one hour, for the endpoint of the project's cloud", () => {
    const facts = { issuer: "https://auth.example.com", nowSeconds: 1_800_000_000, tokenId: "j-1" };
    expect(createAccessTokenClaims(grant, facts)).toStrictEqual(claims);
  });

  test("take nothing from further members of a grant", () => {
    const widened = { ...grant, role: "admin", sub: "somebody else", aud: "https://elsewhere.example.com" };
    const facts = { issuer: "https://auth.example.com", nowSeconds: 1_800_000_000, tokenId: "j-1" };
    expect(createAccessTokenClaims(widened, facts)).toStrictEqual(claims);
  });
});

describe("the claims of a presented token", () => {
  test("come back as they were issued, with the audiences as a list", () => {
    expect(parseAccessTokenClaims(claims)).toStrictEqual({ ...claims, aud: ["https://api.eu-west-1.example.com"] });
  });

  test("drop members that Biped does not know", () => {
    const aud = ["https://api.eu-west-1.example.com"];
    const widened = { ...claims, role: "admin", epochs: { ...claims.epochs, further: 1 } };
    expect(parseAccessTokenClaims(widened)).toStrictEqual({ ...claims, aud });
  });

  test("keep several audiences in their order (RFC 7519 §4.1.3)", () => {
    expect(parseAccessTokenClaims({ ...claims, aud: ["https://a.example", "https://b.example"] })?.aud).toStrictEqual([
      "https://a.example",
      "https://b.example",
    ]);
  });

  test.each(Object.keys(claims))("are refused without %s", (name) => {
    expect(parseAccessTokenClaims({ ...claims, [name]: undefined })).toBeUndefined();
    expect(parseAccessTokenClaims({ ...claims, [name]: null })).toBeUndefined();
  });

  test.each(["iss", "sub", "client_id", "aud", "jti", "scope", "secret_id"])(
    "are refused where %s is no text",
    (name) => {
      for (const value of ["", 1, true, {}, [""], [1], [[]]]) {
        expect(parseAccessTokenClaims({ ...claims, [name]: value })).toBeUndefined();
      }
    },
  );

  test.each(["exp", "iat"])("are refused where %s is no whole number from 0", (name) => {
    for (const value of ["1800000000", -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, true, [1]]) {
      expect(parseAccessTokenClaims({ ...claims, [name]: value })).toBeUndefined();
    }
  });

  test.each(["project_id", "account_id"])("are refused where %s is no whole number from 1", (name) => {
    for (const value of ["42", 0, -0, -1, 1.5, 2 ** 53, [42], { valueOf: () => 42 }]) {
      expect(parseAccessTokenClaims({ ...claims, [name]: value })).toBeUndefined();
    }
  });

  test.each(["account", "project", "credential"])(
    "are refused where the epoch of the %s is no whole number",
    (name) => {
      for (const value of [undefined, null, "3", -1, 0.5, 2 ** 53]) {
        expect(parseAccessTokenClaims({ ...claims, epochs: { ...claims.epochs, [name]: value } })).toBeUndefined();
      }
    },
  );

  test("are refused where sub and client_id differ", () => {
    expect(parseAccessTokenClaims({ ...claims, sub: "another" })).toBeUndefined();
  });

  test("take the smallest ids and counters there are", () => {
    const smallest = {
      ...claims,
      project_id: 1,
      account_id: 1,
      iat: 0,
      epochs: { account: 0, project: 0, credential: 0 },
    };
    expect(parseAccessTokenClaims(smallest)).toStrictEqual({ ...smallest, aud: ["https://api.eu-west-1.example.com"] });
  });

  test("are refused where the list of audiences is empty or holds what is no text", () => {
    expect(parseAccessTokenClaims({ ...claims, aud: [] })).toBeUndefined();
    expect(parseAccessTokenClaims({ ...claims, aud: ["https://a.example", 1] })).toBeUndefined();
  });

  test("are refused where the value is no object", () => {
    for (const value of [undefined, null, "", "{}", 1, true, [], [claims]]) {
      expect(parseAccessTokenClaims(value)).toBeUndefined();
    }
  });
});

test("the type of an access token is that of RFC 9068 §2.1", () => {
  expect(accessTokenType).toBe("at+jwt");
});

describe("the signing algorithms", () => {
  test.each(["RS256", "ES256", "Ed25519"])("%s signs", (name) => {
    expect(isSigningAlgorithm(name)).toBe(true);
  });

  test.each(["none", "HS256", "rs256", "EdDSA", "PS256", "", undefined, null, [["RS256"]]])(
    "%j does not sign",
    (name) => {
      expect(isSigningAlgorithm(name)).toBe(false);
    },
  );
});
