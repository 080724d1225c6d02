export { type CallOptions, type Client, createClient, type WaitOptions } from "./client.ts";
export { ClientError, type ClientErrorKind } from "./client-error.ts";
export type { ClientHooks, ClientOptions, Retried, TokenRenewed } from "./client-options.ts";
export { credentialsFromEnvironment } from "./credentials-from-environment.ts";
export type {
  DataExport,
  DownloadOptions,
  JobFilter,
  RunFilter,
  WaitForRunOptions,
} from "./data-export.ts";
export type {
  CustomVar,
  DateRange,
  DeviceLabel,
  ExportableField,
  ExportFile,
  ExportScope,
  Frequency,
  Job,
  JobField,
  JobFormat,
  JobState,
  NewJob,
  Run,
  RunState,
} from "./data-export-types.ts";
export type { Token, TokenStore } from "./token-store.ts";
export type { CredentialsInformation, SecretInformation, TokenResponse } from "./wire.ts";
