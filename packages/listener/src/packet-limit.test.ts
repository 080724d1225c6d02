import { expect, test } from "vitest";
import { openRawConnection } from "../../../test/raw-connection.ts";
import { startListener } from "../../../test/started-listener.ts";

const head = "HTTP/1.1\r\nHost: a.example\r\n";

test.each([
  ["GET", `GET /text ${head}\r\n`],
  ["POST", `POST /text ${head}Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`],
])(
  "32 requests by %s in one packet are all answered; with more the connection is cut, and nothing else is",
  async (_method, one) => {
    let begun = 0;
    const answer = () => {
      begun += 1;
      return { status: 200, body: {} };
    };
    const started = await startListener({ routes: { "/text": { GET: answer, POST: answer } } });
    const polite = await openRawConnection(started.url);
    for (let packets = 0; packets < 3; packets += 1) {
      polite.send(one.repeat(32));
      for (let count = 0; count < 32; count += 1) expect((await polite.readAnswer()).status).toBe(200);
    }
    begun = 0;
    const greedy = await openRawConnection(started.url);
    greedy.send(one.repeat(300));
    await greedy.closed;
    expect(begun).toBeLessThanOrEqual(32);
    polite.send(one);
    expect((await polite.readAnswer()).status).toBe(200);
    polite.cut();
    await started.stop();
  },
);
