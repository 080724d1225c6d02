import { readdirSync, readFileSync } from "node:fs";
import { dirname, extname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { Answer, Endpoint, HttpRequest, Routes } from "@biped/listener";
import { refuse } from "@biped/protocol";

/** The console has neither inline scripts nor styles, and makes no markup from text. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "object-src 'none'",
  "require-trusted-types-for 'script'",
].join("; ");

const pageHeaders = {
  "content-security-policy": contentSecurityPolicy,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  // RFC 6797 §7.2: without meaning over plain http, where a browser ignores it.
  "strict-transport-security": "max-age=31536000",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
  vary: "accept-encoding",
} as const;

const mediaTypes: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".txt": "text/plain; charset=utf-8",
};

type ConsoleFile = {
  readonly content: Buffer;
  /** With gzip, packed when it is first asked for. */
  readonly packed: () => Buffer;
  readonly mediaType: string;
};

/** Where the built console lies; it is a package of files, with nothing to import. */
export function findConsoleDirectory(): string {
  return join(dirname(fileURLToPath(import.meta.resolve("@biped/console/package.json"))), "dist");
}

/**
 * The web app: its files, and its first page for every path that a browser opens, since the app itself knows its pages.
 * The files are read once, so that an update while the server runs never mixes two versions.
 * @param directory Of the built console. Where it is not there, the paths are 404 with a hint.
 */
export function createConsoleRoutes(directory: string): Routes {
  const files = readFiles(directory);
  const serveFile: Endpoint = (request) => {
    const file = files.get(request.path);
    if (file !== undefined) return answerFile(file, request);
    return isPage(request) ? answerPage(files, request) : notHere;
  };
  return { "/": { GET: (request) => answerPage(files, request) }, "/*": { GET: serveFile } };
}

const notHere = refuse("NOT_FOUND", "There is nothing here.");
const notBuilt = refuse("NOT_FOUND", "The console is not built. The management API is there all the same.");

/** A browser that opens an address says that it wants HTML; programs that have a wrong path get the flat error. */
function isPage(request: HttpRequest): boolean {
  const isOwned = /^\/(?:api|sso|sandbox|assets|\.well-known)(?:\/|$)/.test(request.path);
  return !isOwned && (request.header("accept") ?? "").includes("text/html");
}

function answerPage(files: ReadonlyMap<string, ConsoleFile>, request: HttpRequest) {
  const page = files.get("/index.html");
  return page === undefined ? notBuilt : answerFile(page, request);
}

function answerFile(file: ConsoleFile, request: HttpRequest): Answer {
  const isNamedByContent = request.path.startsWith("/assets/");
  const takesGzip = /(?:^|[\s,])gzip(?:\s*(?:,|$))/i.test(request.header("accept-encoding") ?? "");
  return {
    status: 200,
    body: undefined,
    text: { content: takesGzip ? file.packed() : file.content, mediaType: file.mediaType },
    headers: {
      ...pageHeaders,
      "cache-control": isNamedByContent ? "public, max-age=31536000, immutable" : "no-cache",
      ...(takesGzip ? { "content-encoding": "gzip" } : {}),
    },
  };
}

function readFiles(directory: string): ReadonlyMap<string, ConsoleFile> {
  const names = listFiles(directory);
  return new Map(
    names.map((name) => {
      const content = readFileSync(join(directory, name));
      const mediaType = mediaTypes[extname(name)] ?? "application/octet-stream";
      return [`/${name.split(sep).join("/")}`, { content, packed: packOnce(content), mediaType }];
    }),
  );
}

function packOnce(content: Buffer): () => Buffer {
  let packed: Buffer | undefined;
  return () => {
    packed ??= gzipSync(content, { level: 9 });
    return packed;
  };
}

function listFiles(directory: string): readonly string[] {
  try {
    const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}
