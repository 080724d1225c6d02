import { describe, expect, test } from "vitest";
import { exportableFields, isExportable } from "./catalogue.ts";
import { exportScopes } from "./exportable-field.ts";

describe.each(exportScopes)("%s", (scope) => {
  const fields = exportableFields[scope];

  test("names are snake_case, at most one dot, and each stands there once", () => {
    const names = fields.map((field) => field.name);
    expect(names.filter((name) => !/^[a-z]+(?:_[a-z]+)*(?:\.[a-z]+(?:_[a-z]+)*)?$/.test(name))).toStrictEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });

  test("a name with a dot is an array, and no other is", () => {
    const wrong = fields.filter((field) => field.name.includes(".") !== field.type.startsWith("Array("));
    expect(wrong).toStrictEqual([]);
  });

  test("each is described by a sentence", () => {
    expect(fields.filter(({ description }) => !/^[A-Z0-9].{10,100}\.$/.test(description))).toStrictEqual([]);
  });

  test("custom and dynamic variables can be exported", () => {
    expect(isExportable(scope, "custom_var")).toBe(true);
    expect(isExportable(scope, "dynamic_var")).toBe(true);
  });
});
