/** PostgreSQL for what must never hold up the store: a few connections beside its own, without its transactions. */
export type SidePool = {
  /** Its shape is that of pg, for libraries that take a pool of it. */
  readonly query: (
    question: Question,
  ) => Promise<{ readonly rows: readonly unknown[]; readonly rowCount: number | null }>;
  readonly close: () => Promise<void>;
};

type Question = { readonly name?: string; readonly text: string; readonly values?: unknown[] };

const connections = 2;
/** A server that hangs without closing the connection is noticed here, and the connection given up. */
const answerMillis = 950;

/** Nothing is connected before it is used. @param url `postgres://…` */
export async function openSidePool(url: string): Promise<SidePool> {
  const { createPostgresPool } = await import("./postgres-driver.ts");
  const pool = createPostgresPool(url, "serve", connections);
  const limited = (question: Question) => ({ ...question, query_timeout: answerMillis });
  return { query: (question) => pool.query(limited(question)), close: () => pool.end() };
}
