/** Calls of a browser or a program, made over HTTP to a server's admin listener. */

import type { Answered, Call, Console } from "./sign-in-console.ts";

export function createHttpConsole(adminUrl: string): Pick<Console, "call"> {
  return { call: (wanted) => callOver(adminUrl, wanted) };
}

async function callOver(
  adminUrl: string,
  { method, path, body, headers = {}, authorization = [] }: Call,
): Promise<Answered> {
  const sent = new Headers();
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined && name !== "host") sent.set(name, value);
  for (const value of authorization) sent.append("authorization", value);
  if (body !== undefined) sent.set("content-type", "application/json");
  const answer = await fetch(`${adminUrl}${path}`, {
    method,
    headers: sent,
    redirect: "manual",
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  const isJson = answer.headers.get("content-type")?.startsWith("application/json;") === true;
  return { status: answer.status, body: isJson ? JSON.parse(text) : text, headers: Object.fromEntries(answer.headers) };
}
