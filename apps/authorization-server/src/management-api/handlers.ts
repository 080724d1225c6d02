import type { Answer, HttpRequest, LogFields } from "@biped/listener";
import type { OperationName, Operations } from "@biped/management-client";
import type { Refusal } from "@biped/protocol";
import type { z } from "zod";
import type { Caller } from "../administrators/caller.ts";
import type { Author } from "../storage/storage.ts";
import type { CredentialView, ProjectView } from "../storage/views.ts";

type Parsed<Name extends OperationName, Key extends "params" | "query" | "body"> = Operations[Name] extends {
  readonly [key in Key]: infer Schema extends z.ZodType;
}
  ? z.output<Schema>
  : undefined;

/** What the parameters of the path name, found within the caller's reach. */
export type Target = {
  readonly accountId: number | undefined;
  readonly project: ProjectView | undefined;
  readonly credential: CredentialView | undefined;
};

/** A request that was read, and may be made: by whom, for what, and as which author of a change. */
export type ManagementRequest<Name extends OperationName> = {
  readonly params: Parsed<Name, "params">;
  readonly query: Parsed<Name, "query">;
  readonly body: Parsed<Name, "body">;
  readonly caller: Operations[Name]["access"] extends "anybody" ? Caller | undefined : Caller;
  readonly target: Target;
  /** Carries Idempotency-Key and If-Match. */
  readonly author: Author;
  readonly http: HttpRequest;
};

export type ManagementAnswer<Name extends OperationName> = {
  /** Checked against the contract by its type, and by the tests against the schema. */
  readonly body: Operations[Name] extends { readonly answer: infer Schema extends z.ZodType }
    ? z.input<Schema>
    : undefined;
  /** Instead of a body. */
  readonly text?: Required<Answer>["text"];
  readonly headers?: Readonly<Record<string, string>>;
  readonly log?: LogFields;
};

export type Handler<Name extends OperationName> = (
  request: ManagementRequest<Name>,
) => Promise<ManagementAnswer<Name> | Refusal> | ManagementAnswer<Name> | Refusal;

/** One for each operation of the contract: none can be missing, and none can be served that is not documented. */
export type Handlers<Names extends OperationName = OperationName> = { readonly [Name in Names]: Handler<Name> };
