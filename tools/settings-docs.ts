/**
 * Writes the tables of settings in the operating guide, between the marks there, from what the programs read them by:
 * node --conditions=biped-source tools/settings-docs.ts
 */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { serverSettings } from "../apps/authorization-server/src/config.ts";
import { dataExportSettings } from "../apps/data-export-api/src/config.ts";
import { sandboxSettings } from "../apps/sandbox/src/config.ts";

type Settings = Readonly<Record<string, z.ZodType>>;

/** By the name in the marks. The sandbox reads those of the authorization server as well. */
export const settingsByProgram: Readonly<Record<string, Settings>> = {
  "authorization-server": serverSettings.shape,
  "data-export-api": dataExportSettings.shape,
  sandbox: sandboxSettings.shape,
};

const document = path.join(import.meta.dirname, "..", "docs", "operating.md");

/** The document with its tables as they should be. @throws Error where it lacks the marks of one. */
export function writeSettings(text: string): string {
  return Object.entries(settingsByProgram).reduce((written, [program, settings]) => {
    const [from, to] = [
      `<!-- settings of ${program}: written by tools/settings-docs.ts -->`,
      "<!-- end of settings -->",
    ];
    const [before = "", after] = written.split(from);
    if (after?.includes(to) !== true) throw new Error(`docs/operating.md has no place for the settings of ${program}`);
    return `${before}${from}\n\n${formatTable(settings)}\n\n${after.slice(after.indexOf(to))}`;
  }, text);
}

function formatTable(settings: Settings): string {
  const rows = Object.entries(settings).map(([name, setting]) => {
    const cells = [`\`${name}\``, formatDefault(setting), formatForm(setting), setting.description ?? ""];
    return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  });
  return ["| name | default | form | meaning |", "|---|---|---|---|", ...rows].join("\n");
}

function formatDefault(setting: z.ZodType): string {
  const { success, data } = setting.safeParse(undefined);
  if (!success) return "required";
  // What is read into another shape has its default as text in the schema of what goes in.
  const shown = typeof data === "object" ? z.toJSONSchema(setting, { io: "input" }).default : data;
  return shown === undefined || shown === "" ? "" : `\`${String(shown)}\``;
}

/** What a setting says of its form when it refuses this, which no setting with a form is. */
const formless = "\0";

function formatForm(setting: z.ZodType): string {
  const [refused] = setting.safeParse(formless).error?.issues ?? [];
  return refused === undefined ? "any text" : refused.message.replace(/^must (?:be |have )?(?:one of )?/, "");
}

if (import.meta.main) writeFileSync(document, writeSettings(readFileSync(document, "utf8")));
