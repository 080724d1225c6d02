import type { ReactNode } from "react";
import { TextField } from "./text-field.tsx";

type EmailFieldProps = {
  readonly hint?: ReactNode;
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** `username` for one's own, by which one signs in; `off` for another's. */
  readonly autoComplete: "username" | "off";
};

/** As long as an address may be. */
export function EmailField(props: EmailFieldProps) {
  return <TextField {...props} label="E-mail address" type="email" spellCheck={false} maxLength={254} />;
}
