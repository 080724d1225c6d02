/** Imported before a program: its parent holds the other end, and no program is left when a test is killed. */

process.stdin
  .on("close", () => process.exit())
  .resume()
  .unref();
