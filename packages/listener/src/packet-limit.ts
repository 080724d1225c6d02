import type { Socket } from "node:net";

const maxRequests = 32;

/**
 * Cuts a connection that brings more requests in one turn of the event loop than anybody does who waits for answers:
 * a packet has room for hundreds, which are all begun before anybody else's are read.
 * @returns whether the request is one too many.
 */
export function createPacketLimit(): (socket: Socket) => boolean {
  const counts = new Map<Socket, number>();
  return (socket) => {
    if (counts.size === 0) setImmediate(() => counts.clear());
    const count = (counts.get(socket) ?? 0) + 1;
    counts.set(socket, count);
    if (count > maxRequests) socket.destroy();
    return count > maxRequests;
  };
}
