import { Interrupted } from "../command-error.ts";
import type { Terminal } from "../terminal/terminal.ts";

type Question = { readonly message: string; readonly placeholder?: string };

/** Questions go to stderr: stdout is for the result. */
export async function askText({ streams }: Terminal, { message, placeholder = "" }: Question): Promise<string> {
  const { text } = await loadPrompts();
  const validate = (value: string | undefined): string | undefined => (value?.trim() ? undefined : "Please type it.");
  return unwrap(await text({ message, placeholder, validate, input: streams.input, output: streams.error }));
}

/** Nothing of the secret is shown but its length. */
export async function askSecret({ streams }: Terminal, message: string): Promise<string> {
  const { password } = await loadPrompts();
  const validate = (value: string | undefined): string | undefined => (value?.trim() ? undefined : "Please type it.");
  return unwrap(await password({ message, validate, clearOnError: true, input: streams.input, output: streams.error }));
}

/** Loaded when somebody is asked: most runs ask nothing. */
async function loadPrompts() {
  return import("@clack/prompts");
}

/** The prompt takes Ctrl-C for itself, as a value that is no text. */
function unwrap(answer: unknown): string {
  if (typeof answer === "string") return answer.trim();
  throw new Interrupted("SIGINT");
}
