import { TextArea } from "../../design/text-area.tsx";
import type { TypedRanges } from "./ip-ranges.ts";

type RangeFieldProps = {
  readonly text: string;
  readonly typed: TypedRanges;
  readonly onChange: (text: string) => void;
};

export function RangeField({ text, typed, onChange }: RangeFieldProps) {
  return (
    <TextArea
      label="Allowed address ranges"
      isOptional
      hint="One a line, such as 192.0.2.0/24. Empty lets it act from anywhere."
      error={typed.kind === "mistake" ? typed.text : undefined}
      isMono
      rows={3}
      maxLength={4000}
      value={text}
      onChange={onChange}
    />
  );
}
