import { expect, test } from "vitest";
import { parseHosts, parseProject, parseScope } from "./global-options.ts";

test.each(["0", "-1", "1.5", "x", "", "1e3", "9999999999999999", " 42"])("a project is no %j", (text) => {
  expect(() => parseProject("--project", text)).toThrow("--project must be the number of a project");
});

test("a project is a positive integer", () => {
  expect([parseProject("--project", "42"), parseProject("--project", undefined)]).toEqual([42, undefined]);
});

test("scopes are parted by any white space, and named once", () => {
  expect(parseScope("--scope", " metrics  data-export\tmetrics ")).toBe("metrics data-export");
});

test.each(["", " ", 'a"b', "é"])("a scope is no %j", (text) => {
  expect(() => parseScope("BIPED_SCOPE", text)).toThrow("BIPED_SCOPE must be scopes");
});

test("hosts are parted by commas", () => {
  expect(parseHosts("a.example, b.example,,")).toEqual(["a.example", "b.example"]);
});
