import type { Rule } from "../../design/rule-list.tsx";

export function checkCloudName(name: string): readonly Rule[] {
  return [
    {
      id: "characters",
      text: "1 to 63 lower-case letters, digits and hyphens",
      isMet: /^[a-z0-9-]{1,63}$/.test(name),
    },
    { id: "ends", text: "No hyphen at either end", isMet: name !== "" && !/^-|-$/.test(name) },
  ];
}

/** What the service asks of an origin; whether the operator allows its host, only the service knows. */
export function checkEndpoint(endpoint: string): readonly Rule[] {
  const origin = /^[a-z]+:\/\/[^/?#\\]+/i.exec(endpoint)?.[0] ?? "";
  const url = URL.canParse(origin) ? new URL(origin) : undefined;
  return [
    { id: "scheme", text: "https:// at its beginning, or http:// on this very machine", isMet: isSafeScheme(url) },
    {
      id: "host",
      text: "One host in lower case, with a port only if it is not the usual one",
      isMet: url !== undefined && url.origin === origin && isHostName(url.hostname),
    },
    {
      id: "bare",
      text: "Nothing behind it: no path, no slash at the end",
      isMet: origin !== "" && origin === endpoint,
    },
  ];
}

function isSafeScheme(url: URL | undefined): boolean {
  if (url?.protocol === "https:") return true;
  return url?.protocol === "http:" && /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
}

function isHostName(host: string): boolean {
  return /^(?:[a-z0-9_-]+\.)*[a-z0-9_-]+$|^\[[0-9a-f:]+\]$/.test(host);
}

export function areAllMet(rules: readonly Rule[]): boolean {
  return rules.every(({ isMet }) => isMet);
}
