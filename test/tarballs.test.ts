import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { repository, runCommand } from "./fake-folder.ts";

const read = (file: string): string => readFileSync(path.join(repository, file), "utf8");
const manifests = globSync("{packages,apps}/*/package.json", { cwd: repository })
  .sort()
  .map((file) => ({ folder: path.dirname(file), ...JSON.parse(read(file)) }));

test("what is published installs elsewhere, and each of its exports loads on each Node it promises", async () => {
  const ran = await runCommand(process.execPath, ["tools/tarball-check.ts"], { cwd: repository });
  expect([ran.errors, ran.code]).toEqual(["", 0]);
});

test("what is published carries the licence of the repository", () => {
  const others = manifests.filter(
    ({ folder, private: isPrivate }) => !isPrivate && read(`${folder}/LICENSE`) !== read("LICENSE"),
  );
  expect(others).toEqual([]);
});

test("each export of a workspace leads to its source", async () => {
  const exported = manifests.flatMap(({ name, exports = {} }) =>
    Object.entries<Record<string, string>>(exports).map(([key, target]) => ({
      specifier: name + key.slice(1),
      target,
    })),
  );
  const code = `console.log(JSON.stringify(${JSON.stringify(exported)}.map((each) => import.meta.resolve(each.specifier))))`;
  const args = ["--conditions=biped-source", "--input-type=module", "--eval", code];
  const ran = await runCommand(process.execPath, args, { cwd: repository });
  expect(JSON.parse(ran.output).map((url: string) => /\/(src\/.*)$/.exec(url)?.[1])).toEqual(
    exported.map(({ target }) => target["biped-source"]?.replace("./", "")),
  );
});
