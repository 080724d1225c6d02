export { type Answer, answerRefusal, type Endpoint } from "./answer.ts";
export { formatAddress } from "./client-address.ts";
export { type HttpRequest, readJsonText, readParameters } from "./http-request.ts";
export { createListener, type Listener, type MeasuredRequest } from "./listener.ts";
export { createLog, type Log, type LogFields, type LogLevel, redact } from "./log.ts";
export { type LogOutput, openLogOutput } from "./log-output.ts";
export type { Routes } from "./routes.ts";
export { type Environment, listenerSettings, MistakenSettings, readSettings, wholeNumber } from "./settings.ts";
export { stopOnSignals } from "./stop-signals.ts";
