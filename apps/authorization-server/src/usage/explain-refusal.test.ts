import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { explainRefusal } from "./explain-refusal.ts";

const protocol = join("..", "..", "..", "packages", "protocol", "src");

/** Every file whose refusals are counted, and how a reason stands in it: the last text of a refusal is its reason. */
const places: readonly { readonly file: string; readonly pattern: RegExp; readonly least: number }[] = [
  { file: "credentials/judge-credential.ts", pattern: /refuseClient\("([^"]+)"\)|return "([^"]+)";/g, least: 8 },
  { file: "limits/failure-limit.ts", pattern: /name: "([^"]+)"/g, least: 1 },
  { file: "limits/token-budget.ts", pattern: /name: "([^"]+)"/g, least: 1 },
  { file: "signing/signer.ts", pattern: /refuse\("[A-Z_]+", "[^"]+", "([^"]+)"/g, least: 1 },
  {
    file: join(protocol, "client-credentials-grant.ts"),
    pattern: /refuse\("[A-Z_]+", "([^"]+)"\)|refuseProject\("([^"]+)"\)/g,
    least: 7,
  },
  { file: join(protocol, "scope.ts"), pattern: /refuse\("[A-Z_]+", ["`]([^"`]+)["`]\)/g, least: 6 },
];

const limits: ReadonlySet<string> = new Set(["limits/failure-limit.ts", "limits/token-budget.ts"]);

function listReasons(): readonly string[] {
  return places.flatMap(({ file, pattern, least }) => {
    const source = readFileSync(join(import.meta.dirname, "..", file), "utf8").replaceAll(/\s*\n\s*/g, "");
    const found = [...source.matchAll(pattern)].map(([, ...texts]) => texts.find((text) => text !== undefined) ?? "");
    expect(found.length, file).toBeGreaterThanOrEqual(least);
    const reasons = found.map((text) => text.replace(/\$\{maxScopes\}/, /maxScopes = (\d+)/.exec(source)?.[1] ?? ""));
    return limits.has(file) ? reasons.map((name) => `limit ${name} exceeded`) : reasons;
  });
}

const unknown = explainRefusal("of another version");

test("every reason that the code can give is explained, each with what to do", () => {
  const reasons = [...new Set(listReasons())];
  expect(reasons).toContain("wrong secret");
  expect(reasons).toContain("limit auth-fail exceeded");
  expect(reasons).toContain("scope must name at most 20 scopes.");
  expect(reasons).toHaveLength(24);
  const explanations = reasons.map((reason) => explainRefusal(reason));
  expect(reasons.filter((reason) => explainRefusal(reason) === unknown)).toEqual([]);
  expect(new Set(explanations).size).toBe(reasons.length);
  for (const explanation of explanations) expect(explanation).toMatch(/^[A-Z].{20,180}\.$/);
});

test("a reason that an older version has stored has words too", () => {
  expect(unknown).toBe("There is no more to say about this reason. The log has the requests.");
});
