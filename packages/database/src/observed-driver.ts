import type { DatabaseConnection, Driver } from "kysely";

/** One statement as it went, without its parameters. */
export type Statement = {
  /** Or `connect`, for the taking of a connection and the wait for it, which the database is not asked for. */
  readonly sql: string;
  /** By `performance.now`. */
  readonly startedAtMilliseconds: number;
  readonly endedAtMilliseconds: number;
  readonly outcome: "done" | "failed";
};

/** Told of each statement when it has ended, within the asynchronous context of whoever asked for it. */
export type OnStatement = (statement: Statement) => void;

export function observeDriver(driver: Driver, onStatement: OnStatement): Driver {
  const observe = async <Result>(sql: string, work: () => Promise<Result>): Promise<Result> => {
    const startedAtMilliseconds = performance.now();
    let outcome: Statement["outcome"] = "failed";
    try {
      const result = await work();
      outcome = "done";
      return result;
    } finally {
      onStatement({ sql, startedAtMilliseconds, endedAtMilliseconds: performance.now(), outcome });
    }
  };
  const observeConnection = (connection: DatabaseConnection): DatabaseConnection => {
    // The driver knows its connections again, so that they stay the same objects.
    const execute = connection.executeQuery.bind(connection);
    connection.executeQuery = (query) => observe(query.sql, () => execute(query));
    return connection;
  };
  return {
    ...driver,
    acquireConnection: async () => observeConnection(await observe("connect", () => driver.acquireConnection())),
    beginTransaction: (connection, settings) => observe("begin", () => driver.beginTransaction(connection, settings)),
    commitTransaction: (connection) => observe("commit", () => driver.commitTransaction(connection)),
  };
}
