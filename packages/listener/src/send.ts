import { finished } from "node:stream";
import type { Refusal } from "@biped/protocol";
import type { FastifyReply } from "fastify";
import { type Answer, answerRefusal, standingHeaders } from "./answer.ts";

declare module "fastify" {
  interface FastifyReply {
    logFields?: Answer["log"];
  }
}

export function sendRefusal(reply: FastifyReply, requestId: string, refusal: Refusal): FastifyReply {
  return send(reply, answerRefusal(refusal, requestId), requestId);
}

export function send(reply: FastifyReply, answer: Answer, requestId: string): FastifyReply {
  const { onClose } = answer;
  // Also where the caller has gone already.
  if (onClose !== undefined) finished(reply.raw, () => onClose());
  reply.logFields = answer.log;
  reply.code(answer.status).headers({ ...standingHeaders, "x-request-id": requestId, ...answer.headers });
  if (answer.text !== undefined) return reply.header("content-type", answer.text.mediaType).send(answer.text.content);
  if (answer.body === undefined) return reply.send();
  return reply.header("content-type", "application/json; charset=utf-8").send(JSON.stringify(answer.body));
}
