export { hashPassword } from "./administrators/password.ts";
export { type Config, createConfig, port, serverSettings } from "./config.ts";
export { createUuid } from "./management/uuid.ts";
export { createKeyEncryptionKeyFile, readKeyEncryptionKeyFile } from "./signing/key-encryption-key-file.ts";
export { type Server, type ServerParts, start } from "./start.ts";
export { migrateStorage } from "./storage/open-storage.ts";
