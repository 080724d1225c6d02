import { type Answer, createManagementClient, type Input, type OperationName } from "@biped/management-client";
import { heedServiceDate } from "../design/service-clock.ts";

/** The admin listener that serves this page. The header is what no foreign page can send. */
export const management = createManagementClient({
  baseUrl: "",
  fetch: async (url, init) => {
    const response = await fetch(url, { ...init, credentials: "same-origin", cache: "no-store" });
    // A refusal is dated by the machine, not by the clock that the sandbox moves.
    if (response.ok) heedServiceDate(response.headers.get("date"));
    return response;
  },
  headers: { "x-biped-console": "1" },
});

export type Sending = {
  readonly idempotencyKey?: string;
  readonly ifVersion?: number;
  readonly signal?: AbortSignal;
};

/** `management.call`, for where the name of the operation is itself a type parameter. */
export async function callOperation<Name extends OperationName>(
  name: Name,
  input: Input<Name>,
  sending: Sending = {},
): Promise<Answer<Name>> {
  return readBody(await management.open(name, input, sending));
}

async function readBody(response: Response) {
  return response.status === 204 ? undefined : response.json();
}
