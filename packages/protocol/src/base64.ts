/** Base64 without `atob` or `Buffer`: the protocol's rules run wherever ECMAScript does. */

const standard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const urlAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** RFC 4648 §4 with its padding. The bytes come back as characters U+0000 to U+00FF; undefined if malformed. */
export function decodeBase64(text: string): string | undefined {
  const body = /^([A-Za-z0-9+/]*)={0,2}$/.exec(text)?.[1];
  if (body === undefined || text.length % 4 !== 0) return undefined;
  let bits = 0;
  let width = 0;
  let bytes = "";
  for (const character of body) {
    bits = (bits << 6) | standard.indexOf(character);
    width += 6;
    if (width >= 8) {
      width -= 8;
      bytes += String.fromCharCode((bits >> width) & 0xff);
      bits &= (1 << width) - 1;
    }
  }
  return bits === 0 && width < 6 ? bytes : undefined;
}

/**
 * RFC 7515 §2 has base64url without padding, blanks or line breaks. The spare bits of the last character must be
 * zero too, or one token would have several spellings (RFC 4648 §3.5).
 */
export function isCanonicalBase64Url(text: string): boolean {
  if (!/^[A-Za-z0-9_-]+$/.test(text)) return false;
  const tail = text.length % 4;
  if (tail === 0) return true;
  const last = urlAlphabet.indexOf(text.charAt(text.length - 1));
  return tail !== 1 && (last & (tail === 2 ? 0b1111 : 0b11)) === 0;
}
