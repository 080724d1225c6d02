/** NUL cannot be stored by PostgreSQL, and a lone surrogate by neither engine: it would come back as another text. */
const unstorable = /\0|\p{Surrogate}/u;

/** Whether both engines give the text back as it was. One that is not storable names nothing that is stored. */
export function isStorableText(text: string): boolean {
  return !unstorable.test(text);
}

/** Checked for every statement, so that a text which only one engine takes is refused by both. */
export function checkParameters(parameters: readonly unknown[]): void {
  for (const parameter of parameters) {
    if (typeof parameter === "string" && !isStorableText(parameter)) {
      throw new TypeError("A text with NUL or a lone surrogate cannot be stored.");
    }
    if (typeof parameter === "number" && !Number.isSafeInteger(parameter)) {
      throw new TypeError("A number that is no safe integer cannot be stored.");
    }
  }
}
