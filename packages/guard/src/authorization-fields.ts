/**
 * Every Authorization field of a Node request. `headers` keeps the first of two, and the second would go unseen.
 * @param rawHeaders Names and values in turn, as `IncomingMessage` has them.
 */
export function readRawAuthorization(rawHeaders: readonly string[]): readonly string[] {
  const values: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === "authorization") values.push(rawHeaders[index + 1] ?? "");
  }
  return values;
}

/** `Headers` joins repeated fields with a comma (Fetch §2.2.2). No Bearer value holds one, so what follows is another. */
export function readJoinedAuthorization(headers: Headers): readonly string[] {
  const joined = headers.get("authorization");
  // A comma before a parameter, as in Digest (RFC 9110 §11.4), has a name and an equals sign after it.
  return joined === null ? [] : joined.split(/, *(?=[!#$%&'*+.^_`|~0-9A-Za-z-]+(?: |,|$))/);
}

/** The query of a path or a URL, without its question mark. */
export function readQuery(url: string): string {
  const [beforeFragment = ""] = url.split("#", 1);
  const mark = beforeFragment.indexOf("?");
  return mark === -1 ? "" : beforeFragment.slice(mark + 1);
}
