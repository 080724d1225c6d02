import { type Refusal, refuse } from "@biped/protocol";

/**
 * NIST SP 800-63B-4 §3.1.1 for a password that stands alone. It allows eight characters beside a second factor, which
 * we do not use: the last factor may be removed, a hash does not tell how long its password is, and then it would
 * stand alone.
 */
const minLength = 15;
const maxLength = 1024;
/** So much has to be left of a password when the words that everybody knows are taken out. */
const minOwnLength = 8;
/** A known password with this much behind or before it is still a known password. */
const maxAffixLength = 9;

/**
 * length, and whether a guesser would try it early; no rules about kinds of characters.
 * @param texts Whose words a guesser tries first: e-mail address, name.
 */
export async function checkPasswordRules(password: string, texts: readonly string[]): Promise<Refusal | undefined> {
  const mistake = findLengthMistake(password) ?? (await findGuessable(password, texts));
  return mistake === undefined ? undefined : refuse("INVALID_REQUEST", mistake);
}

function findLengthMistake(password: string): string | undefined {
  if (/\p{Surrogate}/u.test(password)) return "password must be Unicode text.";
  const { length } = [...password.normalize("NFKC")];
  if (length < minLength) return `password must have at least ${minLength} characters.`;
  return length > maxLength ? `password must have at most ${maxLength} characters.` : undefined;
}

async function findGuessable(password: string, texts: readonly string[]): Promise<string | undefined> {
  const text = fold(password);
  if (isPattern(text)) return "password must not be a sequence or a repetition.";
  const known = await loadKnownPasswords();
  if (listLikely(text).some((candidate) => known.has(candidate))) {
    return "password must not be one that is known and tried first.";
  }
  return hasEnoughOfItsOwn(text, texts)
    ? undefined
    : "password must have more to it than your name, your e-mail address or the name of the product.";
}

function fold(text: string): string {
  return text.normalize("NFKC").toLowerCase();
}

/** The password, what it repeats, and what it is without digits and signs before or after. */
function listLikely(text: string): readonly string[] {
  const [unit = text] = [/^(.+?)\1+$/su.exec(text)?.[1]];
  const bare = text.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, "");
  return text.length - bare.length <= maxAffixLength ? [text, unit, bare] : [text, unit];
}

/** One step from each character to the next (`aaaa`, `abcd`, `9876`), or at most four characters over and over. */
function isPattern(text: string): boolean {
  const codes = [...text].map((character) => character.codePointAt(0) ?? 0);
  const isDigits = /^\d+$/.test(text);
  const steps = codes.slice(1).map((code, at) => {
    const step = code - (codes[at] ?? 0);
    return isDigits ? (step + 10) % 10 : step;
  });
  return new Set(steps).size <= 1 || /^(.{1,4})\1+.{0,3}$/su.test(text);
}

function hasEnoughOfItsOwn(text: string, texts: readonly string[]): boolean {
  const words = ["biped", ...texts.flatMap((known) => fold(known).split(/[^\p{L}\p{N}]+/u))];
  const longestFirst = words.filter((word) => word.length >= 3).sort((a, b) => b.length - a.length);
  const rest = longestFirst.reduce((left, word) => left.replaceAll(word, ""), text);
  return rest === text || rest.length >= minOwnLength;
}

let knownPasswords: Promise<ReadonlySet<string>> | undefined;

/** Half a megabyte that is only needed when a password is set. */
function loadKnownPasswords(): Promise<ReadonlySet<string>> {
  knownPasswords ??= import("@zxcvbn-ts/language-common").then(
    ({ dictionary }) => new Set(dictionary["passwords-common"]),
  );
  return knownPasswords;
}
