import { BlockList, isIP } from "node:net";
import type { OnStatement } from "@biped/database";
import type { Endpoint, HttpRequest } from "@biped/listener";
import { isRefusal } from "@biped/protocol";
import type { Context, Span, Tracer } from "@opentelemetry/api";
import type { AuthenticateCredential } from "../credentials/authenticate-credential.ts";
import type { Signer } from "../signing/signer.ts";
import { readVersion } from "../version.ts";

/** What is traced is wrapped, so that a server without tracing runs none of this. */
export type Tracing = {
  readonly traceEndpoint: (name: string, endpoint: Endpoint) => Endpoint;
  readonly traceAuthentication: (authenticate: AuthenticateCredential) => AuthenticateCredential;
  readonly traceSigner: (signer: Signer) => Signer;
  readonly traceStatements: (next: OnStatement) => OnStatement;
};

/** Leaves everything as it is. */
export const noTracing: Tracing = {
  traceEndpoint: (_name, endpoint) => endpoint,
  traceAuthentication: (authenticate) => authenticate,
  traceSigner: (signer) => signer,
  traceStatements: (next) => next,
};

type Api = typeof import("@opentelemetry/api");

/** Imported only where tracing is on. The spans go wherever the SDK sends them that was loaded with --import. */
export async function openTracing(trustedProxies: readonly string[]): Promise<Tracing> {
  const api = await import("@opentelemetry/api");
  const tracer = api.trace.getTracer("biped", readVersion());
  const findParent = createFindParent(api, trustedProxies);
  return {
    traceEndpoint: (name, endpoint) => (request) =>
      inSpan(api, tracer, { name, parent: findParent(request), kind: api.SpanKind.SERVER }, async (span) => {
        const answer = await endpoint(request);
        span.setAttribute("http.response.status_code", answer.status);
        const code = isRefusal(answer) ? answer.code : answer.log?.errorCode;
        if (code !== undefined) span.setAttribute("error.type", code);
        return answer;
      }),
    traceAuthentication: (authenticate) => (presented, source, decide) =>
      inSpan(api, tracer, { name: "authenticate" }, () =>
        authenticate(presented, source, (authenticated, lookup) =>
          inSpan(api, tracer, { name: "decide" }, async () => decide(authenticated, lookup)),
        ),
      ),
    traceSigner: (signer) => (claims) => inSpan(api, tracer, { name: "sign" }, () => signer(claims)),
    traceStatements: (next) => (statement) => {
      next(statement);
      const { sql, startedAtMilliseconds, endedAtMilliseconds, outcome } = statement;
      const startTime = performance.timeOrigin + startedAtMilliseconds;
      // The statement alone: its parameters are secrets' digests, among others.
      const span = tracer.startSpan("store", { startTime, attributes: { "db.query.text": sql } });
      if (outcome === "failed") span.setStatus({ code: api.SpanStatusCode.ERROR });
      span.end(performance.timeOrigin + endedAtMilliseconds);
    },
  };
}

type SpanParts = { readonly name: string; readonly parent?: Context; readonly kind?: number };

async function inSpan<Result>(
  { context, trace, SpanStatusCode }: Api,
  tracer: Tracer,
  { name, parent = context.active(), kind = 0 }: SpanParts,
  work: (span: Span) => Promise<Result>,
): Promise<Result> {
  const span = tracer.startSpan(name, { kind }, parent);
  try {
    return await context.with(trace.setSpan(parent, span), work, undefined, span);
  } catch (error) {
    // Its message may hold what no trace should; the log has it.
    span.setStatus({ code: SpanStatusCode.ERROR });
    throw error;
  } finally {
    span.end();
  }
}

/** W3C Trace Context: whoever is not a trusted proxy may not decide which trace a request is part of. */
function createFindParent({ context, propagation, ROOT_CONTEXT }: Api, trustedProxies: readonly string[]) {
  const trusted = createAddressList(trustedProxies);
  return (request: HttpRequest): Context => {
    if (!isAmong(trusted, request.peer())) return context.active();
    const carrier = { traceparent: request.header("traceparent"), tracestate: request.header("tracestate") };
    return propagation.extract(ROOT_CONTEXT, carrier);
  };
}

function createAddressList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = "", prefix] = range.split("/");
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return list;
}

function isAmong(list: BlockList, address: string): boolean {
  const version = isIP(address);
  return version !== 0 && list.check(address, version === 6 ? "ipv6" : "ipv4");
}
