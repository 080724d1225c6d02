import { CommandError } from "../command-error.ts";
import { exitCodes } from "../exit-codes.ts";

/** The bytes of a long answer. @throws {CommandError} it broke off. */
export async function* readAnswer(response: Response, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of response.body ?? []) yield chunk;
  } catch (cause) {
    signal.throwIfAborted();
    throw new CommandError("The export broke off", {
      exitCode: exitCodes.unreachable,
      code: "CONNECTION_FAILED",
      next: "Run the same command again.",
      cause,
    });
  }
}

/** Lines end with a line feed alone: whatever else some take for an end of line is part of the line. */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  rest += decoder.decode();
  if (rest !== "") yield rest;
}
