import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, connect } from "node:net";

export type RawAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
};

/** A request as it is written here and not as a client would mend it: fields may repeat. */
export function requestRaw(port: number, path: string, fields: readonly string[] = []): Promise<RawAnswer> {
  const lines = [`GET ${path} HTTP/1.1`, "Host: api.example.com", "Connection: close", ...fields, "", ""];
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(lines.join("\r\n")));
    let text = "";
    socket.setEncoding("utf8").on("data", (part) => {
      text += part;
    });
    socket.on("error", reject).on("end", () => resolve(parseAnswer(text)));
  });
}

function parseAnswer(text: string): RawAnswer {
  const split = text.indexOf("\r\n\r\n");
  const [first = "", ...fields] = text.slice(0, split).split("\r\n");
  const body = text.slice(split);
  return {
    status: Number(first.split(" ")[1]),
    headers: Object.fromEntries(
      fields.map((field) => [field.slice(0, field.indexOf(":")).toLowerCase(), field.slice(field.indexOf(":") + 2)]),
    ),
    // A chunked body has its lengths around the JSON.
    body: JSON.parse(body.slice(body.indexOf("{"), body.lastIndexOf("}") + 1)),
  };
}

export type StartedServer = { readonly port: number; readonly close: () => Promise<void> };

export async function listen(listener: RequestListener): Promise<StartedServer> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** What a runtime of Fetch does with a connection: repeated fields are joined in `Headers`. */
export function listenWithFetch(handle: (request: Request) => Response | Promise<Response>): Promise<StartedServer> {
  return listen(async (incoming, outgoing) => {
    const headers = new Headers();
    for (let at = 0; at < incoming.rawHeaders.length; at += 2) {
      headers.append(incoming.rawHeaders[at] ?? "", incoming.rawHeaders[at + 1] ?? "");
    }
    const response = await handle(new Request(`http://api.example.com${incoming.url}`, { headers }));
    outgoing.writeHead(response.status, Object.fromEntries(response.headers)).end(await response.text());
  });
}
