import { describe, expect, test } from "vitest";
import { createAddressRules } from "./address-rules.ts";

const isAllowed = (authUrl: string, endpoint: string, allowedHosts?: readonly string[]): boolean =>
  createAddressRules(new URL(authUrl), allowedHosts).isAllowed(new URL(endpoint));

describe("R-48: without a list, a token goes to the parent domain of the authentication service and nowhere else", () => {
  test.each([
    ["https://auth.example.com", "https://api.eu-west-1.example.com"],
    ["https://auth.example.com", "https://example.com"],
    ["https://auth.example.com", "https://auth.example.com"],
    ["https://auth.eu.example.com", "https://api.eu.example.com"],
    ["https://example.com", "https://api.example.com"],
    ["https://example.com", "https://example.com"],
    ["https://auth.example.com", "https://api.example.com:8443"],
    ["https://login.example.co.uk", "https://api.example.co.uk"],
    ["https://10.0.0.7", "https://10.0.0.7:8443"],
    ["http://127.0.0.1:4000", "http://127.0.0.1:4001"],
    ["http://localhost:4000", "http://127.0.0.1:4001"],
    ["http://[::1]:4000", "http://localhost:4001"],
  ])("%s allows %s", (authUrl, endpoint) => {
    expect(isAllowed(authUrl, endpoint)).toBe(true);
  });

  test.each([
    ["https://auth.example.com", "https://example.org"],
    ["https://auth.example.com", "https://evil-example.com"],
    ["https://auth.example.com", "https://example.com.evil.org"],
    ["https://auth.example.com", "http://api.example.com"],
    ["https://auth.example.com", "http://127.0.0.1:4001"],
    ["https://auth.example.com", "https://127.0.0.1"],
    ["https://auth.eu.example.com", "https://api.example.com"],
    ["https://example.com", "https://other.com"],
    ["https://example.co.uk", "https://other.co.uk"],
    // A root dot makes no label: below "com." is everybody.
    ["https://example.com.", "https://other.com."],
    ["https://example.co.uk.", "https://other.co.uk."],
    ["https://auth.co.uk.", "https://other.co.uk."],
    ["https://10.0.0.7", "https://10.0.0.8"],
    ["https://10.0.0.7", "https://0.7"],
    ["http://127.0.0.1:4000", "http://169.254.169.254"],
    ["http://127.0.0.1:4000", "https://api.example.com"],
    ["http://localhost:4000", "http://localhost.example.com"],
    ["http://127.0.0.1:4000", "http://127.0.0.1.example.com"],
  ])("%s refuses %s", (authUrl, endpoint) => {
    expect(isAllowed(authUrl, endpoint)).toBe(false);
  });
});

describe("with a list, each host allows itself and its subdomains", () => {
  test.each([
    ["https://api.cloud.example", true],
    ["https://cloud.example", true],
    ["https://notcloud.example", false],
    ["https://auth.example.com", false],
    ["http://api.cloud.example", false],
    ["https://xn--bcher-kva.example", true],
    ["https://192.0.2.1", true],
    ["https://1.192.0.2.1.example", false],
  ])("%s: %s", (endpoint, allowed) => {
    const hosts = ["Cloud.Example", "bücher.example", "192.0.2.1"];
    expect(isAllowed("https://auth.example.com", endpoint, hosts)).toBe(allowed);
  });

  test.each([
    "https://example.com",
    "example.com/path",
    "example.com:443",
    "a b",
    "",
    "user@example.com",
    "example.com:8443",
  ])("%j is no host", (host) => {
    expect(() => isAllowed("https://auth.example.com", "https://example.com", [host])).toThrow(
      new TypeError("allowedHosts must be host names."),
    );
  });
});
