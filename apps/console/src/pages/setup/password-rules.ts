export type PasswordRule = { readonly id: string; readonly text: string; readonly isMet: boolean };

type Person = {
  readonly email: string;
  readonly name: string;
  /** With one, a shorter password is enough. */
  readonly hasSecondFactor?: boolean;
};

const minimumAlone = 15;
const minimumWithFactor = 8;
const maximum = 1024;
/** So much is left of a password when the words are taken out of it that anybody would try first. */
const minimumOfItsOwn = 8;

/**
 * R-31 as far as a page can tell: length, and more than words that anybody would try first. The service decides, and
 * knows the common passwords as well.
 */
export function checkPassword(password: string, person: Person): readonly PasswordRule[] {
  const text = password.normalize("NFKC");
  const length = [...text].length;
  const minimum = person.hasSecondFactor === true ? minimumWithFactor : minimumAlone;
  const isLong = length >= minimum && length <= maximum;
  return [
    { id: "length", text: `At least ${minimum} characters (${length} so far)`, isMet: isLong },
    {
      id: "own",
      text: "More to it than your name, your address or “biped”",
      isMet: text !== "" && hasEnoughOfItsOwn(text.toLowerCase(), person),
    },
  ];
}

export function isPasswordGood(password: string, person: Person): boolean {
  return checkPassword(password, person).every(({ isMet }) => isMet);
}

function hasEnoughOfItsOwn(text: string, { email, name }: Person): boolean {
  const words = `${email} ${name} biped`
    .normalize("NFKC")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u);
  const longestFirst = words.filter((word) => word.length >= 3).sort((a, b) => b.length - a.length);
  const rest = longestFirst.reduce((left, word) => left.replaceAll(word, ""), text);
  return rest === text || rest.length >= minimumOfItsOwn;
}
