import type { Config } from "./config.ts";

/** What will go wrong between callers and this server, as far as its settings tell; a sentence for each. */
export function findProxyWarnings({
  consoleUrl,
  issuer,
  trustedProxies,
}: Pick<Config, "consoleUrl" | "issuer" | "trustedProxies">): readonly string[] {
  return [...(keepsCookies(consoleUrl) ? [] : [signInFails]), ...warnOfAddresses([consoleUrl, issuer], trustedProxies)];
}

const signInFails =
  "Nobody can sign in: browsers keep the console's cookie over https, and over http on this machine alone. " +
  "Put a proxy with TLS in front, and set BIPED_CONSOLE_URL to its https URL.";

/** they are Secure. Over http browsers take nothing but a loopback host for secure (Secure Contexts, W3C). */
function keepsCookies(consoleUrl: string): boolean {
  const { protocol, hostname } = new URL(consoleUrl);
  return protocol === "https:" || /(?:^|\.)localhost$|^127\.|^\[::1\]$/.test(hostname);
}

function warnOfAddresses(urls: readonly string[], trustedProxies: readonly string[]): readonly string[] {
  if (trustedProxies.length > 0 || !urls.some((url) => url.startsWith("https:"))) return [];
  return [
    "The URLs are https, which this server does not speak, and BIPED_TRUSTED_PROXIES is empty: limits, ranges and logs " +
      "take the proxy's address for that of every caller.",
  ];
}
