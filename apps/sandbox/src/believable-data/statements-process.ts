/** The program that runs SQL on DuckDB, so that its threads and memory stay away from the sandbox's own. */
import { DuckDBInstance } from "@duckdb/node-api";

export type Order = { readonly statements: readonly string[]; readonly spillDirectory: string };
export type Answer = { readonly failure: string | undefined };

// Nothing else ends DuckDB's threads at once.
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
// A terminal's Ctrl-C reaches this process too; the sandbox ends it.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => {});
process.once("message", async (order: Order) => process.send?.(await answer(order)));

async function answer({ statements, spillDirectory }: Order): Promise<Answer> {
  try {
    const database = await DuckDBInstance.create(":memory:", {
      threads: "2",
      memory_limit: "512MB",
      temp_directory: spillDirectory,
      autoinstall_known_extensions: "false",
    });
    const connection = await database.connect();
    for (const statement of statements) await connection.run(statement);
    return { failure: undefined };
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}
