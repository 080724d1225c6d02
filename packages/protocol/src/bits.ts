/** Bits in octets, most significant first. Octets are characters U+0000 to U+00FF, as elsewhere in these rules. */

export function createBitWriter() {
  let octets = "";
  let octet = 0;
  let filled = 0;
  /** As many bits at a time as the octet has room for: one by one would hold a server up for long lists. */
  const writeBits = (value: number, width: number): void => {
    for (let left = width; left > 0; ) {
      const taken = Math.min(left, 8 - filled);
      left -= taken;
      octet = octet * 2 ** taken + (Math.floor(value / 2 ** left) % 2 ** taken);
      filled += taken;
      if (filled < 8) return;
      octets += String.fromCharCode(octet);
      octet = 0;
      filled = 0;
    }
  };
  return {
    writeBits,
    /** So many ones, then a zero. */
    writeOnes(count: number): void {
      for (let at = 0; at < count; at += 1) writeBits(1, 1);
      writeBits(0, 1);
    },
    /** Seven bits at a time, the least significant first, each with whether there are more (LEB128). */
    writeLength(value: number): void {
      for (let rest = value; ; rest = Math.floor(rest / 128)) {
        writeBits(rest >= 128 ? 1 : 0, 1);
        writeBits(rest % 128, 7);
        if (rest < 128) return;
      }
    },
    /** All octets; the bits that are missing from the last one are zeros. */
    finish(): string {
      while (filled > 0) writeBits(0, 1);
      return octets;
    },
  };
}

/** Beyond the end there are only zeros, and `isOver` says so. */
export function createBitReader(octets: string) {
  let at = 0;
  const readBit = (): number => {
    const octet = at < octets.length * 8 ? octets.charCodeAt(at >> 3) : 0;
    const bit = (octet >> (7 - (at & 7))) & 1;
    at += 1;
    return bit;
  };
  const readBits = (width: number): number => {
    let value = 0;
    for (let left = width; left > 0; left -= 1) value = value * 2 + readBit();
    return value;
  };
  return {
    readBits,
    readOnes(): number {
      let count = 0;
      while (readBit() === 1) count += 1;
      return count;
    },
    readLength(): number {
      let value = 0;
      for (let place = 1; place <= 2 ** 49; place *= 128) {
        const more = readBit() === 1;
        value += readBits(7) * place;
        if (!more) return value;
      }
      return value;
    },
    isOver: (): boolean => at > octets.length * 8,
    /** Whether all was read, but for the zeros that fill the last octet. */
    isSpent(): boolean {
      return at <= octets.length * 8 && octets.length * 8 - at < 8 && readBits(octets.length * 8 - at) === 0;
    },
  };
}
