import fc from "fast-check";
import { afterAll, beforeAll, expect } from "vitest";
import { testProperty } from "../../../test/property.ts";
import { exchange, openRawConnection } from "../../../test/raw-connection.ts";
import { countParameters, type StartedListener, startListener } from "../../../test/started-listener.ts";

const good = [
  "POST /form?a=b HTTP/1.1\r\nHost: a.example\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\na=b",
  'POST /form HTTP/1.1\r\nHost: a.example\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{"a":"b"}\r\n0\r\n\r\n',
  "GET /things/7 HTTP/1.1\r\nHost: a.example\r\nAuthorization: Bearer x\r\nExpect: 100-continue\r\n\r\n",
  "GET /things/7 HTTP/1.0\r\nConnection: keep-alive\r\nX-Forwarded-For: 192.0.2.7\r\n\r\nHEAD /form HTTP/1.1\r\nHost: a\r\n\r\n",
];

const piece = fc.constantFrom(
  ...'\0 \t \n \r \r\n \r\n\r\n : ; , % %00 %2f ? # / // .. * @ \\ " \x7f \x80 \xff'.split(" "),
  ..."0 -1 9 ffffffffffffffff chunked gzip identity HTTP/1.1 HTTP/0.9 GET TRACE CONNECT FETCH __proto__ a".split(" "),
  "Content-Length: 0\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Content-Encoding: br\r\n",
  "Upgrade: h2c\r\nConnection: upgrade\r\n",
  "Expect: x\r\n",
  " ",
);
const mutation = fc.record({
  at: fc.nat(),
  drop: fc.oneof(fc.constant(0), fc.nat(6)),
  insert: fc.oneof(fc.constant(""), piece),
});

let started: StartedListener;
beforeAll(async () => {
  started = await startListener({
    trustedProxies: ["127.0.0.1"],
    routes: {
      "/form": { POST: countParameters },
      "/things/:id": { GET: ({ source }) => ({ status: 200, body: { source } }) },
    },
  });
});
afterAll(() => started.stop());

testProperty(
  "C-30: however a request is mutilated, it is answered by the rules or not at all: no 500, no failure, no death",
  1_500,
  fc.asyncProperty(
    fc.constantFrom(...good),
    fc.array(mutation, { minLength: 1, maxLength: 4 }),
    async (request, mutations) => {
      started.logLines.length = 0;
      const mutilated = mutations.reduce((text, { at, drop, insert }) => {
        const place = at % (text.length + 1);
        return text.slice(0, place) + insert + text.slice(place + drop);
      }, request);
      const connection = await openRawConnection(started.url);
      connection.send(Buffer.from(mutilated, "latin1"));
      connection.end();
      const answers = await connection.closed;
      for (const [, status] of answers.matchAll(/^HTTP\/1\.1 (\d{3})/gm)) {
        expect(["100", "200", "400", "404", "405", "413", "414", "415", "417", "431"]).toContain(status);
      }
      expect(started.logLines.filter((line) => !line.includes('"level":"info"'))).toEqual([]);
      const alive = await exchange(started.url, "GET /things/7 HTTP/1.1\r\nHost: a.example\r\n\r\n");
      expect(alive.text).toBe('{"source":"127.0.0.1"}');
    },
  ),
);
