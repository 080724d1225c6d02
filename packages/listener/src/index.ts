export { type Answer, answerRefusal, type Endpoint } from "./answer.ts";
export { type HttpRequest, readJsonText, readParameters } from "./http-request.ts";
export { createListener, type Listener, type Routes } from "./listener.ts";
export { createLog, type Log, type LogFields, type LogLevel, redact } from "./log.ts";
