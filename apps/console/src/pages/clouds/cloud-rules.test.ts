import fc from "fast-check";
import { expect, test } from "vitest";
import { testProperty } from "../../../../../test/property.ts";
import { areAllMet, checkCloudName, checkEndpoint } from "./cloud-rules.ts";

const findUnmet = (rules: ReturnType<typeof checkEndpoint>) => rules.filter(({ isMet }) => !isMet).map(({ id }) => id);

test.each([
  ["aws-eu-west-1", []],
  ["a", []],
  ["", ["characters", "ends"]],
  ["AWS", ["characters"]],
  ["a_b", ["characters"]],
  ["-a", ["ends"]],
  ["a-", ["ends"]],
  ["a".repeat(63), []],
  ["a".repeat(64), ["characters"]],
])("the cloud name %j breaks %j", (name, unmet) => {
  expect(findUnmet(checkCloudName(name))).toEqual(unmet);
});

test.each([
  ["https://api.eu.example.com", []],
  ["https://api.example.com:8443", []],
  ["http://127.0.0.1:4001", []],
  ["http://localhost", []],
  ["http://[::1]:4001", []],
  ["", ["scheme", "host", "bare"]],
  ["api.example.com", ["scheme", "host", "bare"]],
  ["http://api.example.com", ["scheme"]],
  ["ftp://api.example.com", ["scheme"]],
  ["https://API.example.com", ["host"]],
  ["https://*.example.com", ["host"]],
  ["https://api.example.com.", ["host"]],
  ["https://api.example.com:443", ["host"]],
  ["https://ada@api.example.com", ["host"]],
  ["https://api.example.com/", ["bare"]],
  ["https://api.example.com/v1", ["bare"]],
  ["https://api.example.com?a=b", ["bare"]],
  ["https://API.example.com/v1", ["host", "bare"]],
])("the endpoint %j breaks %j", (endpoint, unmet) => {
  expect(findUnmet(checkEndpoint(endpoint))).toEqual(unmet);
});

testProperty(
  "an endpoint that keeps every rule is exactly the origin of the address that it is",
  20_000,
  fc.property(
    fc.oneof(
      fc.webUrl(),
      fc.webAuthority().map((host) => `https://${host}`),
      fc.string(),
    ),
    (text) => {
      const isOrigin = URL.canParse(text) && new URL(text).origin === text;
      expect(areAllMet(checkEndpoint(text)) && !isOrigin).toBe(false);
    },
  ),
);
