import { expect, test } from "vitest";
import { endpoint, issuer, metadata, openFeedWorld } from "../test/feed-world.ts";
import { isEndpoint } from "./issuer-metadata.ts";

const other = "https://api.us-east.example.com";

test.each<[name: string, reason: string, given: unknown]>([
  ["a list", "not a JSON object", []],
  ["a text", "not a JSON object", "text"],
  ["of another issuer", "the metadata of another issuer", { ...metadata, issuer: `${issuer}/` }],
  ["without clouds", "no list of cloud_endpoints", { ...metadata, cloud_endpoints: undefined }],
  ["with one cloud for a list", "no list of cloud_endpoints", { ...metadata, cloud_endpoints: endpoint }],
  ["with a number among the clouds", "no list of cloud_endpoints", { ...metadata, cloud_endpoints: [endpoint, 7] }],
  ["with an empty cloud", "no list of cloud_endpoints", { ...metadata, cloud_endpoints: ["", endpoint] }],
])("metadata that are no good are not believed: %s", async (_name, reason, given) => {
  const { world, failures, guard, mint } = openFeedWorld();
  world.metadata = given as object;
  expect(await guard.verify(await mint({ aud: other }))).toMatchObject({ code: "JWT_INVALID" });
  expect(failures()).toEqual([reason]);
  // There is no feed to be found by them.
  expect(await guard.verify(await mint())).toMatchObject({ client_id: "c" });
  expect(failures()).toEqual([reason, "no metadata"]);
});

test.each([
  ["https://api.example.com", true],
  ["http://127.0.0.1:4001", true],
  ["ftp://api.example.com", false],
  [" https://api.example.com", false],
  ['https://api.example.com/"', false],
  ["https://api.example.com/\\", false],
  ["https://api.example.com/ a", false],
  ["https://", false],
  [`https://${"a".repeat(240)}`, true],
  [`https://${"a".repeat(241)}`, false],
  [["https://api.example.com"], false],
  [undefined, false],
])("%j is an endpoint: %s", (value, expected) => {
  expect(isEndpoint(value)).toBe(expected);
});
