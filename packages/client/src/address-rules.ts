/** Where a credential, a token or a download may go. */
export type AddressRules = {
  /** https, or http to this machine when the authentication service itself is on this machine. */
  readonly isSecure: (url: URL) => boolean;
  /** Secure, and on one of the allowed hosts. */
  readonly isAllowed: (url: URL) => boolean;
};

/** Registries' second levels such as `co.uk`: everybody can have a name below them. The list is not complete. */
const sharedSuffix = /^(?:ac|com?|edu|gov?|net?|org?)\.[a-z]{2}\.?$/;
const address = /^(?:[\d.]+|\[.*\])$/;

function isLoopback(hostname: string): boolean {
  return /^(?:.+\.)?localhost$|^127(?:\.\d+){3}$|^\[::1\]$/.test(hostname);
}

/** @param allowedHosts Each allows itself and its subdomains; without it, the parent domain of `authUrl`. */
export function createAddressRules(authUrl: URL, allowedHosts?: readonly string[]): AddressRules {
  const isLocal = isLoopback(authUrl.hostname);
  const suffixes = allowedHosts?.map(parseHost) ?? [findParentDomain(authUrl.hostname)];
  const isSecure = ({ protocol, hostname }: URL): boolean =>
    protocol === "https:" || (protocol === "http:" && isLocal && isLoopback(hostname));
  const isWithin = ({ hostname }: URL): boolean =>
    suffixes.some((suffix) => hostname === suffix || (!address.test(suffix) && hostname.endsWith(`.${suffix}`))) ||
    (isLocal && allowedHosts === undefined && isLoopback(hostname));
  return { isSecure, isAllowed: (url) => isSecure(url) && isWithin(url) };
}

/** At least two labels stay, so that no token goes to a neighbour under a top-level domain. The root dot is no label. */
function findParentDomain(hostname: string): string {
  const parent = hostname.slice(hostname.indexOf(".") + 1);
  return address.test(hostname) || !/\../.test(parent) || sharedSuffix.test(parent) ? hostname : parent;
}

function parseHost(host: string): string {
  const isHost = /^(?:[^\s/?#@\\:[\]]+|\[[\da-f:.]+\])$/i.test(host) && URL.canParse(`https://${host}`);
  if (!isHost) throw new TypeError("allowedHosts must be host names.");
  return new URL(`https://${host}`).hostname;
}
