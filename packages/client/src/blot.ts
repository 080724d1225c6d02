/** Takes secrets and tokens out of a text that somebody else wrote. */
export type Blot = (text: string) => string;

const tokenLike = /\beyJ[\w-]+(?:\.[\w-]*){1,4}|\b(?:bearer|basic) +[\w.~+/=-]{8,}/gi;
/** The query of an address: links to files are signed there. */
const query = /(\bhttps?:[^\s?]*)\?\S*/gi;
const longestText = 500;

/** @param findSecrets What is secret at the moment of the question. Encoded spellings of it are found as well. */
export function createBlot(findSecrets: () => readonly string[]): Blot {
  return (text) => {
    const spellings = findSecrets().flatMap((secret) => {
      const percent = encodeURIComponent(secret);
      return [secret, JSON.stringify(secret).slice(1, -1), percent, percent.replaceAll("%20", "+")];
    });
    const without = spellings.reduce((left, spelling) => left.replaceAll(spelling, "[secret]"), text);
    const shown = without.replace(tokenLike, "[token]").replace(query, "$1");
    return shown
      .replace(/[\p{Cc}\p{Cf}\s]+/gu, " ")
      .trim()
      .slice(0, longestText);
  };
}

/** The causes of a failed connection in words. The thrown objects themselves may hold the request, and stay behind. */
export function describeCause(error: unknown, blot: Blot): Error {
  const told: string[] = [];
  for (let each = error; each instanceof Error && told.length < 4; each = each.cause) {
    const code = "code" in each && typeof each.code === "string" ? each.code : "";
    told.push(each.message.includes(code) ? each.message : `${each.message} (${code})`);
  }
  return new Error(blot(told.join(": ") || "unknown"));
}
