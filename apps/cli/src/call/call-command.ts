import { randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { open, rename, rm, stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { CommandError, createUsageError } from "../command-error.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { type GlobalOptions, readGlobalOptions } from "../global-options.ts";
import { nameFile } from "../named-file.ts";
import { escapeControls, escapeControlsInLines, formatJson } from "../terminal/escape-controls.ts";
import { describeFailure } from "../token/issuer.ts";
import { readCallRequest } from "./call-request.ts";
import { formatJsonText, isJson } from "./json-text.ts";

const examples = `
The call goes to the cloud of the project, with a token that biped asks for. The
body of the answer goes to stdout, that of an error too; then the exit code is 3
for 4xx, 4 for 429 and 5xx. Redirects are not followed. With --json:
{ "status", "headers", "body" }.

Examples:
  $ biped call GET '/v1/exports?limit=5'
  $ biped call POST /v1/exports -d @job.json
  $ biped call GET /v1/exports/12/runs -i --project 43`;

type CallOptions = {
  readonly header: readonly string[];
  readonly data?: string;
  readonly include?: true;
  readonly output?: string;
};

export function addCallCommand(program: Command, context: CommandContext): void {
  const collect = (value: string, previous: readonly string[]): readonly string[] => [...previous, value];
  program
    .command("call")
    .argument("<method>", "GET, POST, …")
    .argument("<path>", "path and query, beginning with a slash")
    .description("call an API: a curl that knows the token and the cloud")
    .option("-H, --header <line>", "send this header ('Name: value'); can be repeated", collect, [])
    .option("-d, --data <data>", "send this body: a text, @FILE, or - for stdin; JSON unless a header says otherwise")
    .option("-i, --include", "print status and headers first")
    .option("-o, --output <file>", "write the body of a successful answer to this file, once it is complete")
    .addHelpText("after", examples)
    .action((method: string, path: string, options: CallOptions, command: Command) =>
      call(context, { ...options, method, path, global: readGlobalOptions(command) }),
    );
}

type Call = CallOptions & { readonly method: string; readonly path: string; readonly global: GlobalOptions };

async function call(context: CommandContext, asked: Call): Promise<void> {
  const { terminal, signal } = context;
  if (terminal.isJson && asked.output !== undefined) {
    throw createUsageError(
      "--json and --output exclude each other",
      "Leave --json out: the file holds the body as it was sent.",
    );
  }
  const request = await readCallRequest(context, { ...asked, headers: asked.header, data: asked.data });
  const { client } = await context.openClient(asked.global);
  const { path, body, ...init } = request;
  const answer = await client.fetch(path, { ...init, ...(body === undefined ? {} : { body }), signal });
  context.endWith(judgeStatus(answer.status));
  if (terminal.isJson) {
    await printAsJson(context, answer);
  } else {
    if (asked.include === true) printHead(context, answer);
    if (asked.output !== undefined && answer.ok) await saveBody(context, answer, asked.output);
    else await printBody(context, answer);
  }
  if (answer.status >= 400 && !terminal.isJson) {
    const words = `${answer.status} ${escapeControls(answer.statusText)}`.trim();
    terminal.complain(`${terminal.errorStyle.bold(terminal.errorStyle.red("biped:"))} The service answers ${words}.`);
  } else if (answer.status >= 300) {
    terminal.note(
      `The service redirects to ${escapeControls(answer.headers.get("location") ?? "nowhere")}; not followed.`,
    );
  }
}

function judgeStatus(status: number): ExitCode {
  if (status === 429 || status >= 500) return exitCodes.unreachable;
  return status >= 400 ? exitCodes.refused : exitCodes.done;
}

/** As HTTP/1.1 writes it, whatever was spoken. */
function printHead({ terminal }: CommandContext, { status, statusText, headers }: Response): void {
  terminal.print(`HTTP/1.1 ${status} ${escapeControls(statusText)}`.trim());
  for (const [name, value] of headers) terminal.print(`${terminal.style.cyan(name)}: ${escapeControls(value)}`);
  terminal.print("");
}

async function printAsJson({ terminal, signal }: CommandContext, answer: Response): Promise<void> {
  const text = (await readBytes(answer, signal)).toString("utf8");
  const headers = formatJson(Object.fromEntries(answer.headers));
  // The body stands in it as it was sent, because a parser would round long numbers.
  const body = isJson(text) ? escapeControlsInLines(text.trim()) : formatJson(text);
  terminal.print(`{ "status": ${answer.status}, "headers": ${headers}, "body": ${body} }`);
}

/** Through a pipe the bytes as they are; on a terminal JSON laid out, and nothing that could steer the terminal. */
async function printBody({ terminal, signal }: CommandContext, answer: Response): Promise<void> {
  if (!terminal.isOutputTerminal) {
    for await (const chunk of readChunks(answer, signal)) await terminal.write(chunk);
    return;
  }
  const bytes = await readBytes(answer, signal);
  if (bytes.length === 0) return;
  if (bytes.includes(0))
    throw createUsageError("The answer is binary", "Save it with -o FILE, or send it through a pipe.");
  const text = bytes.toString("utf8");
  terminal.print(escapeControlsInLines(formatJsonText(text) ?? text.replace(/\r?\n$/, "")));
}

/** Under another name until it is complete, so that the file is never half there. */
async function saveBody({ terminal, signal }: CommandContext, answer: Response, file: string): Promise<void> {
  const isDevice = await isNeitherFileNorFolder(file);
  const draft = isDevice ? file : `${file}.${randomBytes(6).toString("hex")}.part`;
  let size = 0;
  const count = async function* () {
    for await (const chunk of readChunks(answer, signal)) {
      size += chunk.length;
      yield chunk;
    }
  };
  try {
    await pipeline(Readable.from(count()), createWriteStream(draft, { flags: isDevice ? "w" : "wx" }));
    if (!isDevice) await renameSafely(draft, file);
  } catch (error) {
    // The name that the user gave is the one to complain about.
    throw error instanceof Error && "path" in error ? nameFile(error, file) : error;
  } finally {
    if (!isDevice) await rm(draft, { force: true });
  }
  terminal.note(`Wrote ${size} bytes to ${escapeControls(file)}.`);
}

async function renameSafely(draft: string, file: string): Promise<void> {
  const handle = await open(draft, "r+");
  await handle.sync().finally(() => handle.close());
  await rename(draft, file);
}

/** A device or a pipe, such as /dev/null, is written to; a file in its place would spoil it for everybody. */
async function isNeitherFileNorFolder(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => undefined);
  return found !== undefined && !found.isFile() && !found.isDirectory();
}

async function readBytes(answer: Response, signal: AbortSignal): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of readChunks(answer, signal)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* readChunks(answer: Response, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const reader = answer.body?.getReader();
  if (reader === undefined) return;
  for (;;) {
    const { done, value } = await reader.read().catch((error: unknown) => {
      signal.throwIfAborted();
      throw createCutError(error);
    });
    if (done) return;
    yield value;
  }
}

function createCutError(error: unknown): CommandError {
  return new CommandError(`The answer broke off: ${describeFailure(error)}`, {
    exitCode: exitCodes.unreachable,
    code: "CONNECTION_LOST",
    next: "Try again.",
  });
}
