/** Compiles published workspaces, so that `dist` holds what their sources say and nothing else. */
import { existsSync, globSync, rmSync } from "node:fs";
import path from "node:path";
import { runTool } from "./run-tool.ts";

/** Tests, and the suites that tests share, are never published. */
const isForTests = (file: string): boolean => /\.test\.ts$|conformance\.ts$/.test(file);

/** The console is made by a bundler, which names its files by their content. */
const isBundled = (folder: string): boolean => existsSync(path.join(folder, "vite.config.ts"));

/** The files of a tarball, by its folder. */
export const findExpectedFiles = (folder: string): readonly string[] => {
  if (isBundled(folder)) {
    const built = globSync("dist/**/*.*", { cwd: folder });
    return [
      "LICENSE",
      "README.md",
      "package.json",
      "dist/index.html",
      ...built.filter((file) => file !== "dist/index.html"),
    ];
  }
  const sources = globSync("src/**/*.ts", { cwd: folder }).filter((file) => !isForTests(file));
  const stems = sources.map((file) => file.replace(/^src/, "dist").replace(/\.ts$/, ""));
  return ["LICENSE", "README.md", "package.json", ...stems.flatMap((stem) => [`${stem}.js`, `${stem}.d.ts`])];
};

/** `tsc -b` keeps what a former source compiled to, and by itself does not notice that an output was deleted. */
export const compilePublished = (root: string, published: readonly string[]): void => {
  const folders = published.filter((folder) => !isBundled(folder));
  const missing = folders.flatMap((folder) => {
    const expected = findExpectedFiles(folder);
    for (const file of globSync("dist/**/*.*", { cwd: folder })) {
      if (!expected.includes(file)) rmSync(path.join(folder, file), { recursive: true });
    }
    return expected.filter((file) => file.startsWith("dist/") && !existsSync(path.join(folder, file)));
  });
  const tsc = path.join(root, "node_modules", ".bin", "tsc");
  runTool(process.execPath, [tsc, "-b", ...(missing.length > 0 ? ["--force"] : []), ...folders], root);
};
