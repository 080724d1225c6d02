import { isIP, SocketAddress } from "node:net";

/**
 * One spelling for each address: no zone, IPv6 as RFC 5952 has it, an IPv4-mapped address as the IPv4 one.
 * @returns undefined where the text is no IP address.
 */
export function formatAddress(text: string): string | undefined {
  const [address = ""] = text.split("%", 1);
  const version = isIP(address);
  if (version !== 6) return version === 4 ? address : undefined;
  const canonical = new SocketAddress({ address, family: "ipv6" }).address;
  return /^::ffff:(\d+(?:\.\d+){3})$/.exec(canonical)?.[1] ?? canonical;
}
