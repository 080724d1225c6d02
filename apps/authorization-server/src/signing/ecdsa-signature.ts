const coordinateBytes = 32;

/**
 * JWS wants r and s of ES256 side by side, 32 bytes each (RFC 7518 §3.4); OpenSSL writes them as two INTEGERs in a
 * SEQUENCE (RFC 3279 §2.2.3). Node converts by itself when asked to, at three times the cost of this.
 * @param der A signature as OpenSSL makes it on P-256, at most 72 bytes long.
 */
export function formatJwsSignature(der: Buffer): Buffer {
  const rLength = der.readUInt8(3);
  const r = der.subarray(4, 4 + rLength);
  const s = der.subarray(6 + rLength);
  const signature = Buffer.alloc(2 * coordinateBytes);
  placeCoordinate(signature, r, coordinateBytes);
  placeCoordinate(signature, s, 2 * coordinateBytes);
  return signature;
}

/** An INTEGER has a zero before a high bit, and no other leading zeros; a coordinate has exactly 32 bytes. */
function placeCoordinate(signature: Buffer, integer: Buffer, end: number): void {
  const digits = integer.length > coordinateBytes ? integer.subarray(1) : integer;
  digits.copy(signature, end - digits.length);
}
