import { expect, test } from "vitest";
import { findProxyWarnings } from "./proxy-warnings.ts";

const local = { consoleUrl: "http://localhost:4010", issuer: "http://127.0.0.1:4000", trustedProxies: [] };
const proxied = {
  consoleUrl: "https://console.example.com",
  issuer: "https://auth.example.com",
  trustedProxies: ["10.0.0.1"],
};

test.each([
  ["on this machine alone", local],
  ["at a loopback address", { ...local, consoleUrl: "http://127.0.0.1:4010" }],
  ["at that of IPv6", { ...local, consoleUrl: "http://[::1]:4010" }],
  ["at a name below localhost", { ...local, consoleUrl: "http://biped.localhost:4010" }],
  ["behind a proxy with TLS", proxied],
])("no warning: %s", (_, config) => {
  expect(findProxyWarnings(config)).toEqual([]);
});

test.each(["http://192.0.2.1:4010", "http://console.example.com", "http://localhost.example.com"])(
  "a warning that nobody can sign in: the console at %s",
  (consoleUrl) => {
    expect(findProxyWarnings({ ...local, consoleUrl })).toEqual([expect.stringMatching(/^Nobody can sign in: /)]);
  },
);

test.each(["consoleUrl", "issuer"] as const)("a warning of addresses: %s is https, and no proxy is trusted", (name) => {
  const config = { ...local, [name]: proxied[name] };
  expect(findProxyWarnings(config)).toEqual([expect.stringContaining("BIPED_TRUSTED_PROXIES is empty")]);
});
