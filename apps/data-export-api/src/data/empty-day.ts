/** A Parquet file of the moments' columns without any row, as DuckDB wrote it; it says that a day has no rows. */
export const emptyDayFile: Uint8Array = Buffer.from(
  "UEFSMRUCGTw1ABgNZHVja2RiX3NjaGVtYRUEABUEJQIYDHNlc3Npb25fdGltZSUUTIwSHCwAAAAAABUEJQIYCXZpZXdfdGltZSUUTIwSHCwAAAAA" +
    "ABYAGQwoKER1Y2tEQiB2ZXJzaW9uIHYxLjUuNSAoYnVpbGQgZDhjZGFhMzNmZCkZLBwAABwAAACIAAAAUEFSMQ==",
  "base64",
);
