/** Refuses links to nothing, unknown npm scripts and machine paths in the documents. Takes the folder to check. */
import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import path from "node:path";

const root = path.resolve(process.argv[2] ?? ".");
const scripts = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")).scripts ?? {};
const skipped = /(^|\/)(node_modules|dist|coverage|\.git|\.biped)$/;
const files = globSync("**/*.md", { cwd: root, exclude: (entry) => skipped.test(entry) }).sort();
const read = (file: string): string => readFileSync(path.join(root, file), "utf8");
const blank = (text: string): string => text.replace(/[^\n]/g, " ");
const withoutFences = (text: string): string => text.replace(/^ *(```|~~~)[\s\S]*?^ *\1/gm, blank);

/** As GitHub makes them: lower case, punctuation gone, spaces to hyphens, repeats numbered. */
const findAnchors = (text: string): ReadonlySet<string> => {
  const anchors = new Set<string>();
  for (const [, title = ""] of withoutFences(text).matchAll(/^#{1,6} +(.+?) *#*$/gm)) {
    const words = title.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const slug = words.replace(/[^\p{L}\p{N}\p{M} _-]/gu, "").replace(/ /g, "-");
    const taken = [...anchors].filter((anchor) => anchor.replace(/-\d+$/, "") === slug || anchor === slug).length;
    anchors.add(taken > 0 ? `${slug}-${taken}` : slug);
  }
  for (const [, id = ""] of text.matchAll(/<a (?:id|name)="([^"]+)"/g)) anchors.add(id);
  return anchors;
};

const findLinkFault = (file: string, link: string): string | undefined => {
  if (/^[a-z][a-z+.-]*:/i.test(link)) return undefined;
  const [target = "", anchor] = link.split("#");
  const reached = target ? path.join(path.dirname(file), decodeURIComponent(target)) : file;
  if (target.startsWith("/") || reached.startsWith("..")) return `leads out of the repository: ${link}`;
  if (!existsSync(path.join(root, reached))) return `leads nowhere: ${link}`;
  if (!anchor || statSync(path.join(root, reached)).isDirectory() || !reached.endsWith(".md")) return undefined;
  return findAnchors(read(reached)).has(anchor) ? undefined : `no such heading: ${link}`;
};

let faults = 0;
for (const file of files) {
  const text = read(file);
  const report = (index: number, fault: string | undefined): void => {
    if (!fault) return;
    faults += 1;
    console.error(`${file}:${text.slice(0, index).split("\n").length} ${fault}`);
  };
  const prose = withoutFences(text).replace(/`[^`\n]+`/g, blank);
  for (const match of prose.matchAll(/\]\(<?([^)\s>]+)>?[^)]*\)|^\[[^\]]+\]: +<?(\S+?)>?(?=\s|$)/gm))
    report(match.index, findLinkFault(file, match[1] ?? match[2] ?? ""));
  for (const match of text.matchAll(/\bnpm (?:run|run-script) (?:-\S+ )*(\w[\w:-]*)/g))
    report(match.index, (match[1] ?? "") in scripts ? undefined : `no such npm script: ${match[1]}`);
  for (const match of text.matchAll(/(?<![\w.:/])\/(?:home|Users|root)\/[\w.-]+/g))
    report(match.index, "a path of one machine");
  const own = text.indexOf(`${root}/`);
  if (own >= 0) report(own, "a path of one machine");
}
process.exitCode = faults > 0 ? 1 : 0;
