import { useState } from "react";
import { Callout } from "../../design/callout.tsx";
import { RadioCards } from "../../design/choices.tsx";
import { TextField } from "../../design/text-field.tsx";
import { parseOverlapDays } from "./rotation.ts";

type Kind = "7" | "30" | "0" | "other";

const cards = [
  { value: "7", title: "7 days", text: "Long enough for most, and no longer than needed." },
  { value: "30", title: "30 days", text: "Where programs are deployed seldom." },
  { value: "other", title: "Another number of days" },
  { value: "0", title: "Not at all", text: "It ends the moment the new one is made. For a secret that leaked." },
] as const;

type OverlapChoiceProps = {
  /** As it is typed. */
  readonly days: string;
  readonly onChange: (days: string) => void;
};

/** for how long the present secret still works beside the new one. */
export function OverlapChoice({ days, onChange }: OverlapChoiceProps) {
  const [kind, setKind] = useState<Kind>("7");
  const choose = (next: Kind): void => {
    setKind(next);
    onChange(next === "other" ? "14" : next);
  };
  const overlap = parseOverlapDays(days);
  return (
    <>
      <RadioCards label="How long should the present secret still work?" cards={cards} value={kind} onChange={choose} />
      {kind === "other" && (
        <TextField
          label="Days"
          hint="From 0 to 30. Where the secret has an earlier end, that stays."
          inputMode="numeric"
          error={overlap === undefined ? "Enter a whole number from 0 to 30." : undefined}
          value={days}
          onChange={onChange}
        />
      )}
      <div className="field__live" role="status">
        {overlap === 0 && (
          <Callout kind="warning" title="Programs stop until they have the new secret">
            With no overlap, every program that still has the present secret is refused from this moment on.
          </Callout>
        )}
      </div>
    </>
  );
}
