/** What one exported row stands for. */
export const exportScopes = ["sessions", "views"] as const;
export type ExportScope = (typeof exportScopes)[number];

/** Names with the same prefix before a dot are parallel arrays: equal positions belong together. */
export type ExportableField = {
  readonly name: string;
  readonly type: "Integer" | "Float" | "String" | "Array(Integer)" | "Array(String)";
  readonly description: string;
};
