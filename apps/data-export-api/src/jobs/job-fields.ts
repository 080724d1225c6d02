import { isExportable } from "../exportable-fields/catalogue.ts";
import type { ExportScope } from "../exportable-fields/exportable-field.ts";
import { customVar, dynamicVar } from "../exportable-fields/shared-fields.ts";
import type { Mistake } from "../json-body.ts";
import type { JobField } from "./job.ts";

/** The first of the fields that does not fit its scope, itself, or the ones before it. */
export function findFieldsMistake(scope: ExportScope, fields: readonly JobField[]): Mistake | undefined {
  const sources = new Set<string>();
  const columns = new Set<string>();
  for (const [index, field] of fields.entries()) {
    const at = (message: string, ...member: readonly string[]): Mistake => ({
      path: ["fields", index, ...member],
      message,
    });
    if (!isExportable(scope, field.fieldName)) return at("must name an exportable field of the scope", "fieldName");
    const pairing = findPairingMistake(field);
    if (pairing !== undefined) return at(pairing.message, pairing.member);
    const column = defaultColumnName(field);
    if (sources.has(column)) return at("must not repeat an earlier field");
    sources.add(column);
    const finalName = columnName(field);
    if (columns.has(finalName)) return at("must not get the column name of an earlier field; give another aliasName");
    columns.add(finalName);
  }
  return undefined;
}

type PairingMistake = { readonly member: keyof JobField; readonly message: string };

/** A position belongs to a custom variable, a key to a dynamic one; neither goes without the other. */
function findPairingMistake({ fieldName, customVarPosition, dynamicVarKey }: JobField): PairingMistake | undefined {
  const needsPosition = fieldName === customVar;
  if (needsPosition !== (customVarPosition !== undefined)) {
    const message = needsPosition ? `is required for ${customVar}` : `is for ${customVar} only`;
    return { member: "customVarPosition", message };
  }
  const needsKey = fieldName === dynamicVar;
  if (needsKey === (dynamicVarKey !== undefined)) return undefined;
  const message = needsKey ? `is required for ${dynamicVar}` : `is for ${dynamicVar} only`;
  return { member: "dynamicVarKey", message };
}

/** What the column of a field is called in the file. */
export function columnName(field: JobField): string {
  return field.aliasName ?? defaultColumnName(field);
}

/** What a column is called without an alias. It tells the sources of two columns apart, too. */
function defaultColumnName({ fieldName, customVarPosition, dynamicVarKey }: JobField): string {
  const part = customVarPosition ?? dynamicVarKey;
  return part === undefined ? fieldName : `${fieldName}_${part}`;
}
