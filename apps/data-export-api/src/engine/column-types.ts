import { type DuckDBType, DuckDBTypeId } from "@duckdb/node-api";
import { customVarsColumn, dynamicVarsColumn } from "../data/stored-columns.ts";

type Fits = (type: DuckDBType) => boolean;

/** SQLNULL is what writers without any value give a column. */
const oneOf =
  (...ids: readonly DuckDBTypeId[]): Fits =>
  ({ typeId }) =>
    typeId === DuckDBTypeId.SQLNULL || ids.includes(typeId);

const listOf =
  (fits: Fits): Fits =>
  (type) =>
    type.typeId === DuckDBTypeId.SQLNULL || (type.typeId === DuckDBTypeId.LIST && fits(type.valueType));

const isInteger = oneOf(
  DuckDBTypeId.BOOLEAN,
  DuckDBTypeId.TINYINT,
  DuckDBTypeId.SMALLINT,
  DuckDBTypeId.INTEGER,
  DuckDBTypeId.BIGINT,
  DuckDBTypeId.UTINYINT,
  DuckDBTypeId.USMALLINT,
  DuckDBTypeId.UINTEGER,
  DuckDBTypeId.UBIGINT,
  DuckDBTypeId.HUGEINT,
);
const isText = oneOf(DuckDBTypeId.VARCHAR, DuckDBTypeId.ENUM);
const isFloat: Fits = (type) => isInteger(type) || oneOf(DuckDBTypeId.FLOAT, DuckDBTypeId.DOUBLE)(type);
export const isMoment: Fits = oneOf(
  DuckDBTypeId.TIMESTAMP,
  DuckDBTypeId.TIMESTAMP_S,
  DuckDBTypeId.TIMESTAMP_MS,
  DuckDBTypeId.TIMESTAMP_NS,
  DuckDBTypeId.TIMESTAMP_TZ,
  DuckDBTypeId.DATE,
);

/** Their members are read by name, so that their order and others between them do not matter. */
const isCustomVar: Fits = (type) => {
  if (type.typeId !== DuckDBTypeId.STRUCT) return false;
  const fitsMember = (name: string, fits: Fits): boolean => {
    const memberType = type.entryTypes[type.entryNames.indexOf(name)];
    return memberType !== undefined && fits(memberType);
  };
  return fitsMember("position", isInteger) && fitsMember("name", isText) && fitsMember("value", isText);
};

const isDynamicVars: Fits = (type) =>
  type.typeId === DuckDBTypeId.SQLNULL ||
  (type.typeId === DuckDBTypeId.MAP && isText(type.keyType) && isText(type.valueType));

const fitting: ReadonlyMap<string, Fits> = new Map([
  ["BIGINT", isInteger],
  ["DOUBLE", isFloat],
  ["VARCHAR", isText],
  ["TIMESTAMP", isMoment],
  ["BIGINT[]", listOf(isInteger)],
  ["VARCHAR[]", listOf(isText)],
  [customVarsColumn.type, listOf(isCustomVar)],
  [dynamicVarsColumn.type, isDynamicVars],
]);

/**
 * Whether each value of a column in a file can be read as the type that is stored here, with nothing lost but
 * fractions of a moment's milliseconds. An integer may still turn out to be too long.
 */
export function isReadableAs(wanted: string, found: DuckDBType): boolean {
  return fitting.get(wanted)?.(found) ?? false;
}
