import { describe, expect, test } from "vitest";
import { createClient } from "./client.ts";
import type { ClientOptions } from "./client-options.ts";
import { credentialsFromEnvironment } from "./credentials-from-environment.ts";
import { readAuthUrl, readScope } from "./read-options.ts";

const good: ClientOptions = {
  authUrl: "https://auth.example.com",
  clientId: "c3133d76",
  clientSecret: "hidden-hidden",
  scope: "data-export",
};

describe("a mistake in the options is a TypeError that names the option and does not show it", () => {
  test.each<[string, object]>([
    ["authUrl must be a URL without password or query.", { authUrl: "auth.example.com" }],
    ["authUrl must be https or local.", { authUrl: "http://auth.example.com" }],
    ["authUrl must be https or local.", { authUrl: "ftp://127.0.0.1" }],
    ["authUrl must be a URL without password or query.", { authUrl: "https://a:b@auth.example.com" }],
    ["authUrl must be a URL without password or query.", { authUrl: "https://auth.example.com/?a=b" }],
    ["clientId must not be empty.", { clientId: "" }],
    ["clientSecret must not be empty.", { clientSecret: "" }],
    ["clientSecret must not be empty.", { clientSecret: undefined }],
    ["scope must be scopes parted by single spaces.", { scope: "" }],
    ["scope must be scopes parted by single spaces.", { scope: "a  b" }],
    ["scope must be scopes parted by single spaces.", { scope: ["a", ""] }],
    ["scope must be scopes parted by single spaces.", { scope: [] }],
    ["scope must be scopes parted by single spaces.", { scope: undefined }],
    ["projectId must be a positive integer.", { projectId: 0 }],
    ["projectId must be a positive integer.", { projectId: "42" }],
    ["timeoutMilliseconds must be a positive integer.", { timeoutMilliseconds: 0 }],
    ["maxAttempts must be a positive integer.", { maxAttempts: 1.5 }],
  ])("%s %j", (message, change) => {
    const options = { ...good, ...change } as ClientOptions;
    expect(() => createClient(options)).toThrow(new TypeError(message));
  });
});

test.each([
  ["https://auth.example.com", "https://auth.example.com/"],
  ["https://auth.example.com/", "https://auth.example.com/"],
  ["https://auth.example.com/v1/oauth/token", "https://auth.example.com/"],
  ["https://gateway.example.com/auth/v1/oauth/token", "https://gateway.example.com/auth"],
])("authUrl %s means the service at %s", (text, expected) => {
  expect(readAuthUrl(text).href).toBe(expected);
});

test("scopes keep their order, and one that is named twice counts once", () => {
  expect(readScope("metrics data-export metrics")).toBe("metrics data-export");
  expect(readScope(["b", "a"])).toBe("b a");
});

describe("credentialsFromEnvironment", () => {
  const environment = {
    BIPED_AUTH_URL: "https://auth.example.com",
    BIPED_CLIENT_ID: "c3133d76",
    BIPED_CLIENT_SECRET: " hidden-hidden\n",
    BIPED_SCOPE: "data-export metrics",
    BIPED_PROJECT_ID: "42",
    BIPED_ALLOWED_HOSTS: "example.com, cloud.example",
  };

  test("reads what createClient takes", () => {
    expect(credentialsFromEnvironment(environment)).toEqual({
      authUrl: "https://auth.example.com",
      clientId: "c3133d76",
      clientSecret: "hidden-hidden",
      scope: "data-export metrics",
      projectId: 42,
      allowedHosts: ["example.com", "cloud.example"],
    });
    const { BIPED_PROJECT_ID: _project, BIPED_ALLOWED_HOSTS: _hosts, ...needed } = environment;
    expect(credentialsFromEnvironment(needed)).toMatchObject({ projectId: undefined, allowedHosts: undefined });
  });

  test("names every variable that is missing", () => {
    expect(() => credentialsFromEnvironment({ BIPED_CLIENT_ID: "a", BIPED_SCOPE: " " })).toThrow(
      new TypeError("Missing in the environment: BIPED_AUTH_URL, BIPED_CLIENT_SECRET, BIPED_SCOPE."),
    );
  });

  test.each(["0", "-1", "4.2", "a"])("BIPED_PROJECT_ID %j is refused", (text) => {
    expect(() => credentialsFromEnvironment({ ...environment, BIPED_PROJECT_ID: text })).toThrow(
      new TypeError("BIPED_PROJECT_ID must be a positive integer."),
    );
  });
});
