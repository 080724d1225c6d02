const jwt = /eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+/;
const isWholly = new RegExp(`^${jwt.source}$`);

/** The token in what was pasted, a header or an answer as may be; undefined where there is none. */
export function findPastedToken(text: string): string | undefined {
  // Terminals and mails break a long line.
  const unbroken = text.replace(/\s+/g, "");
  return isWholly.test(unbroken) ? unbroken : jwt.exec(text)?.[0];
}
