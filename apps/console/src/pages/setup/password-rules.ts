export type PasswordRule = {
  readonly id: string;
  readonly text: string;
  readonly isMet: boolean;
};

type Person = { readonly email: string; readonly name: string };

const minimum = 15;
const maximum = 1024;

/**
 * R-31 as far as a page can tell: length, and words that anybody would try first. Whether the password is on the list
 * of the common ones, the service says.
 */
export function checkPassword(password: string, person: Person): readonly PasswordRule[] {
  const text = password.normalize("NFKC");
  const length = [...text].length;
  const own = findOwnWords(person).find((word) => text.toLowerCase().includes(word));
  return [
    {
      id: "length",
      text: `At least ${minimum} characters (${length} so far)`,
      isMet: length >= minimum && length <= maximum,
    },
    {
      id: "own",
      text: "Without your name, your address or “biped”",
      isMet: text !== "" && own === undefined,
    },
  ];
}

export function isPasswordGood(password: string, person: Person): boolean {
  return checkPassword(password, person).every(({ isMet }) => isMet);
}

/** Words of fewer than four letters are in too many good passwords. */
function findOwnWords({ email, name }: Person): readonly string[] {
  const words = `${email} ${name} biped`
    .normalize("NFKC")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u);
  return words.filter((word) => word.length >= 4);
}
