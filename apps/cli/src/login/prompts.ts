import { Interrupted } from "../command-error.ts";
import type { Terminal } from "../terminal/terminal.ts";

type Question = { readonly message: string; readonly placeholder?: string };

/** Questions go to stderr: stdout is for the result. */
export async function askText({ streams }: Terminal, { message, placeholder = "" }: Question): Promise<string> {
  const { text } = await loadPrompts();
  const validate = (value: string | undefined): string | undefined => (value?.trim() ? undefined : "Please type it.");
  return ask(streams, (signal) =>
    text({ message, placeholder, validate, input: streams.input, output: streams.error, signal }),
  );
}

/** Nothing of the secret is shown but its length. */
export async function askSecret({ streams }: Terminal, message: string): Promise<string> {
  const { password } = await loadPrompts();
  const validate = (value: string | undefined): string | undefined => (value?.trim() ? undefined : "Please type it.");
  return ask(streams, (signal) =>
    password({ message, validate, clearOnError: true, input: streams.input, output: streams.error, signal }),
  );
}

/** "No" is what Return alone says. */
export async function askYes({ streams }: Terminal, message: string): Promise<boolean> {
  const { confirm } = await loadPrompts();
  const answer = await wait(streams, (signal) =>
    confirm({ message, initialValue: false, input: streams.input, output: streams.error, signal }),
  );
  if (typeof answer === "boolean") return answer;
  throw new Interrupted("SIGINT");
}

/** Loaded when somebody is asked: most runs ask nothing. */
async function loadPrompts() {
  return import("@clack/prompts");
}

async function ask(streams: Terminal["streams"], prompt: (signal: AbortSignal) => Promise<unknown>): Promise<string> {
  return unwrap(await wait(streams, prompt));
}

/** The prompt would wait for ever after Ctrl-D, which ends the reading of the terminal. */
async function wait({ input }: Terminal["streams"], prompt: (signal: AbortSignal) => Promise<unknown>) {
  const ending = new AbortController();
  const onKey = (_: unknown, key: { readonly ctrl?: boolean; readonly name?: string } | undefined): void => {
    if (key?.ctrl === true && key.name === "d") ending.abort();
  };
  input.on("keypress", onKey);
  try {
    return await prompt(ending.signal);
  } finally {
    input.off("keypress", onKey);
  }
}

/** The prompt takes Ctrl-C for itself, as a value that is no text. */
function unwrap(answer: unknown): string {
  if (typeof answer === "string") return answer.trim();
  throw new Interrupted("SIGINT");
}
