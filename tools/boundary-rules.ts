/** The rules of ARCHITECTURE.md that show in the text, as data. `boundary-check.ts` applies them. */

/** Import directions between workspaces; one that is not listed imports none of ours. */
export const directions: Readonly<Record<string, readonly string[]>> = {
  guard: ["protocol"],
  listener: ["protocol"],
  "authorization-server": ["protocol", "listener", "database", "management-client"],
  "data-export-api": ["protocol", "guard", "listener", "database"],
  console: ["management-client"],
  cli: ["client", "management-client"],
  sandbox: ["protocol", "listener", "database", "guard", "client", "authorization-server", "data-export-api"],
};

/** Folders of the authorization server that never import each other. */
export const endpoint = /^src\/(token-endpoint|credentials-endpoint|introspection|revocation|discovery|management)\//;

/** The door may name the configuration too: the sandbox composes what an app's own `main` would. */
export const configReader: RegExp = /^src\/(main|index|config\.test)\.ts$/;

/** The three ways to name a module; the specifier is in the first group that is there. */
export const importPattern =
  /^(?:import|export)\b[^;"'`=]*\bfrom\s*["']([^"']+)|^import\s*["']([^"']+)|\b(?:import|require)\(\s*["']([^"']+)/gm;

export const isTest = (inside: string): boolean => /\.test\.tsx?$|conformance\.ts$/.test(inside);

type TextRule = {
  readonly rule: string;
  readonly pattern: RegExp;
  readonly isMeant: (workspace: string, inside: string) => boolean;
};

export const textRules: readonly TextRule[] = [
  {
    rule: "protocol has no clock, chance or I/O",
    pattern: /\bDate\.now|\bnew Date\(|\bMath\.random|\bfetch\(|\b(?:process|crypto)\./g,
    isMeant: (workspace, inside) => workspace === "protocol" && !isTest(inside),
  },
  {
    rule: "only config.ts, main.ts and the client's credentials-from-environment.ts read process.env",
    pattern: /\bprocess\.env\b/g,
    // The console runs in a browser, where there is none; its samples for integrators name it.
    isMeant: (workspace, inside) =>
      workspace !== "console" && !isTest(inside) && !/\/(config|main|credentials-from-environment)\.ts$/.test(inside),
  },
  {
    rule: "only storage/ reads the table of secrets",
    pattern:
      /(?:selectFrom|insertInto|updateTable|deleteFrom|Join)\(\s*["'`](?:live_)?secrets?\b|\b(?:from|into|join|update)\s+"(?:live_)?secrets?"/gi,
    isMeant: (_, inside) => !inside.startsWith("src/storage/"),
  },
];
