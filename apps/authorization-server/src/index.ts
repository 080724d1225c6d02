export { hashPassword } from "./administrators/password.ts";
export { type Config, createConfig, port, type SsoRole, serverSettings } from "./config.ts";
export { createUuid } from "./management/uuid.ts";
export { createKeyEncryptionKeyFile, readKeyEncryptionKeyFile } from "./signing/key-encryption-key-file.ts";
export { type KeyEncryptionKeySource, openKeyEncryptionKey } from "./signing/open-key-encryption-key.ts";
export type { TokenKey } from "./signing/token-key.ts";
export { type Server, type ServerParts, start } from "./start.ts";
export { migrateStorage } from "./storage/open-storage.ts";
