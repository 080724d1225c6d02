import type { ClientDirectory } from "../credentials/client-directory.ts";
import { splitSubject } from "../revocation-feed/read-revocation.ts";
import type { AuditEvent } from "../storage/storage.ts";

/** Drops what the directory remembers of whatever the events changed, on this node or another. */
export function forgetEvents(events: readonly AuditEvent[], { forget }: Pick<ClientDirectory, "forget">): void {
  for (const { subject, before, after } of events) {
    const { noun, id } = splitSubject(subject);
    const owner = after?.clientId ?? before?.clientId;
    if (noun === "account") forget.account(Number(id));
    else if (noun === "project") forget.project(Number(id));
    else if (noun === "credential") forget.client(id);
    else if (noun === "secret" && typeof owner === "string") forget.client(owner);
    else if (noun === "secret" || noun === "cloud") forget.everything();
  }
}
