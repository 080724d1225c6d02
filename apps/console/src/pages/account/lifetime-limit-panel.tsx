import type { Account } from "@biped/management-client";
import { type FormEvent, useState } from "react";
import { useAction } from "../../api/actions.ts";
import { Button } from "../../design/button.tsx";
import { RadioCards } from "../../design/choices.tsx";
import { Panel } from "../../design/layout.tsx";
import { TextField } from "../../design/text-field.tsx";
import { showToast } from "../../design/toast.ts";
import { formatLimit, parseLimitDays } from "./lifetime-limit.ts";
import { SettingFailure } from "./setting-failure.tsx";

const cards = [
  { value: "none", title: "No limit", text: "Whoever creates a credential chooses its end, or none." },
  { value: "days", title: "An end is required", text: "Each new or changed credential ends in time." },
] as const;

/** A policy of the account; the service holds to it. */
export function LifetimeLimitPanel({ account }: { readonly account: Account }) {
  const former = account.credentialLifetimeLimitDays;
  const [kind, setKind] = useState<"none" | "days">(former === null ? "none" : "days");
  const [days, setDays] = useState(String(former ?? 365));
  const action = useAction("PATCH /api/accounts/:accountId");
  const limit = kind === "none" ? null : parseLimitDays(days);
  const save = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (limit === undefined || limit === former) return;
    const input = { params: { accountId: account.id }, body: { credentialLifetimeLimitDays: limit } };
    const done = await action.run(input, { ifVersion: account.version });
    if (done !== undefined) showToast({ title: "Longest life set", text: `Credentials live ${formatLimit(limit)}.` });
  };
  return (
    <Panel title="Longest life of credentials" text="Credentials that exist keep the end that they have.">
      <form className="stack" onSubmit={save}>
        <RadioCards label="How long may a credential live?" cards={cards} value={kind} onChange={setKind} />
        {kind === "days" && (
          <TextField
            label="At most, in days"
            hint="1 to 3650; a year has 365."
            error={limit === undefined ? "Enter a whole number of days from 1 to 3650." : undefined}
            value={days}
            onChange={setDays}
            inputMode="numeric"
            autoComplete="off"
            maxLength={4}
          />
        )}
        <SettingFailure action={action} />
        <div>
          <Button type="submit" isLoading={action.isRunning} isDisabled={limit === undefined || limit === former}>
            Save
          </Button>
        </div>
      </form>
    </Panel>
  );
}
