import type { RunFile } from "../../runs/run.ts";
import type { FileRow } from "../schema.ts";

/** Of the file itself. */
export const fileColumns = [
  "files.file_id",
  "files.part_id",
  "files.stored_name",
  "files.byte_count as file_byte_count",
  "files.sha256",
  "files.expires_at",
] as const;

type SelectedFile = Omit<FileRow, "run_id" | "byte_count"> & {
  readonly file_byte_count: FileRow["byte_count"];
};

export function toFile(row: SelectedFile): RunFile {
  return {
    fileId: row.file_id,
    partId: row.part_id,
    storedName: row.stored_name,
    byteCount: row.file_byte_count,
    sha256: row.sha256,
    expiresAt: row.expires_at,
  };
}

export function toFileRow(runId: number, file: RunFile): FileRow {
  return {
    file_id: file.fileId,
    run_id: runId,
    part_id: file.partId,
    stored_name: file.storedName,
    byte_count: file.byteCount,
    sha256: file.sha256,
    expires_at: file.expiresAt,
  };
}
