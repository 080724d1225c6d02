export { forbidChanges } from "./append-only.ts";
export { integerParameter, textParameter } from "./held-parameter.ts";
export type { Engine, Migration, Migrations, MigrationTarget } from "./migrations.ts";
export type { OnStatement, Statement } from "./observed-driver.ts";
export {
  type Database,
  type DatabaseSource,
  type HeldStatement,
  migrateDatabase,
  openDatabase,
} from "./open-database.ts";
export { openRowFile, type RowFile } from "./open-row-file.ts";
export { openSidePool, type SidePool } from "./side-pool.ts";
export { isStorableText } from "./storable-text.ts";
export { isUniqueViolation, StoreUnavailable, UnusableDatabase } from "./store-unavailable.ts";
