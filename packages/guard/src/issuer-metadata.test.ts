import { expect, test } from "vitest";
import { endpoint, issuer, metadata, openFeedWorld } from "../test/feed-world.ts";
import { isEndpoint } from "./issuer-metadata.ts";

const other = "https://api.us-east.example.com";

test.each<[reason: string, given: unknown]>([
  ["not a JSON object", []],
  ["not a JSON object", "text"],
  ["the metadata of another issuer", { ...metadata, issuer: `${issuer}/` }],
  ["no list of cloud_endpoints", { ...metadata, cloud_endpoints: undefined }],
  ["no list of cloud_endpoints", { ...metadata, cloud_endpoints: endpoint }],
  ["no list of cloud_endpoints", { ...metadata, cloud_endpoints: [endpoint, 7] }],
  ["no list of cloud_endpoints", { ...metadata, cloud_endpoints: ["", endpoint] }],
])("metadata that are no good are not believed: %s, %j", async (reason, given) => {
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
