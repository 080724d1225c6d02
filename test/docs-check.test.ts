import { expect, test } from "vitest";
import { makeFolder, repository, runCommand } from "./fake-folder.ts";

const check = async (text: string) => {
  const cwd = makeFolder({
    "package.json": JSON.stringify({ scripts: { bench: "" } }),
    "docs/a.md": text,
    "docs/b.md":
      "# The `first` step, then [the next](../package.json)\n\n## Twice\n\n## Twice\n\n```sh\n# Not a heading\n```\n",
    "node_modules/c/README.md": "[broken](nothing.md)",
  });
  const ran = await runCommand(process.execPath, [`${repository}/tools/docs-check.ts`, cwd], { cwd });
  return { found: ran.errors.replaceAll(cwd, "").split("\n").filter(Boolean), code: ran.code };
};

test.each([
  ["a link to no file", "\n[x](nothing.md)", "docs/a.md:2 leads nowhere: nothing.md"],
  ["an image that is not there", "![x](x.png)", "docs/a.md:1 leads nowhere: x.png"],
  ["a reference to no file", "[x]\n\n[x]: nothing.md", "docs/a.md:3 leads nowhere: nothing.md"],
  ["a link out of the repository", "[x](../../x.md)", "docs/a.md:1 leads out of the repository: ../../x.md"],
  ["a heading that is not there", "[x](b.md#not-a-heading)", "docs/a.md:1 no such heading: b.md#not-a-heading"],
  ["a heading that is not there, in the same file", "# A\n[x](#b)", "docs/a.md:2 no such heading: #b"],
  ["an npm script that is not there", "`npm run bnech`", "docs/a.md:1 no such npm script: bnech"],
  ["one behind an option", "`npm run -s bnech`", "docs/a.md:1 no such npm script: bnech"],
  ["a home folder", "See /home/somebody/notes.", "docs/a.md:1 a path of one machine"],
])("refused: %s", async (_, text, fault) => {
  expect(await check(text)).toEqual({ found: [fault], code: 1 });
});

test("passes: links, anchors, scripts and code that are right", async () => {
  const text = [
    "[b](b.md) [title](b.md#the-first-step-then-the-next) [again](./b.md#twice-1) [folder](../docs/) <https://a.example>",
    "[out](https://a.example/home/x) `npm run bench` `npm run --silent bench` `[not](a-link.md)` [here](#here)",
    "```md\n[not](a-link.md)\n```",
    "# Here",
  ];
  expect(await check(text.join("\n\n"))).toEqual({ found: [], code: 0 });
});
