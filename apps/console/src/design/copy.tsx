import "./copy.css";
import "./field.css";
import { useEffect, useState } from "react";
import { Button, IconButton } from "./button.tsx";
import { Callout } from "./callout.tsx";
import { joinClassNames } from "./class-names.ts";
import { saveText } from "./save-text.ts";

const shownMs = 1500;

/** Writes to the clipboard, and says for a moment whether it worked. */
function useCopy(text: string) {
  const [outcome, setOutcome] = useState<"copied" | "failed" | undefined>(undefined);
  useEffect(() => {
    if (outcome === undefined) return;
    const timer = window.setTimeout(() => setOutcome(undefined), shownMs);
    return () => window.clearTimeout(timer);
  }, [outcome]);
  const copy = (): void => {
    // Without a secure page there is no clipboard; one can still select and copy by hand.
    const written = navigator.clipboard?.writeText(text) ?? Promise.reject(new Error("no clipboard"));
    written.then(
      () => setOutcome("copied"),
      () => setOutcome("failed"),
    );
  };
  return { outcome, copy };
}

type CopyButtonProps = {
  readonly text: string;
  /** What is copied: "client id". */
  readonly what: string;
  readonly look?: "icon" | "button";
};

export function CopyButton({ text, what, look = "icon" }: CopyButtonProps) {
  const { outcome, copy } = useCopy(text);
  const icon = outcome === "copied" ? "check" : "copy";
  const words = {
    copied: "Copied",
    failed: "Not copied: select it and copy by hand",
  };
  return (
    <>
      {look === "icon" ? (
        <IconButton icon={icon} label={`Copy the ${what}`} onClick={copy} />
      ) : (
        <Button icon={icon} onClick={copy}>
          {outcome === "copied" ? "Copied" : "Copy"}
        </Button>
      )}
      <span className={outcome === "failed" ? "field__error" : "visually-hidden"} role="status">
        {outcome !== undefined && words[outcome]}
      </span>
    </>
  );
}

type CopyFieldProps = {
  readonly label?: string;
  readonly what: string;
  readonly value: string;
  /** For what is typed off: shown by fours, and copied as it is. */
  readonly isGrouped?: boolean;
};

/** Something to carry elsewhere: an id, an address. */
export function CopyField({ label, ...rest }: CopyFieldProps) {
  return <CopyRow {...rest} label={label} />;
}

type CopyRowProps = Omit<CopyFieldProps, "label"> & {
  readonly label: string | undefined;
  readonly className?: string;
};

function CopyRow({ label, what, value, isGrouped, className }: CopyRowProps) {
  return (
    <div>
      {label !== undefined && <p className="copy-field__label">{label}</p>}
      <div className={joinClassNames("copy-field", className)}>
        <span className="copy-field__value">{isGrouped === true ? <Fours text={value} /> : value}</span>
        <CopyButton text={value} what={what} />
      </div>
    </div>
  );
}

/** No space is added to the text itself, so that what is selected by hand is right too. */
function Fours({ text }: { readonly text: string }) {
  return (text.match(/.{1,4}/gs) ?? []).map((four, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: The place in the text is what a group is.
    <span key={index} className="copy-field__four">
      {four}
    </span>
  ));
}

type SecretFieldProps = {
  readonly label: string;
  readonly what: string;
  readonly value: string;
  /** Offered as a file, such as a `.env` with the other settings in it. */
  readonly file?: { readonly name: string; readonly text: string };
};

/** A secret, this once. It is in no cache, no address and no storage of the browser. */
export function SecretField({ label, what, value, file }: SecretFieldProps) {
  return (
    <div className="stack">
      <Callout kind="warning" title="It is shown this once">
        Copy the {what} now and keep it where only your programs can read it. Nobody can show it again.
      </Callout>
      <CopyRow label={label} what={what} value={value} className="secret-field" />
      <div className="row">
        <CopyButton text={value} what={what} look="button" />
        {file !== undefined && (
          <Button icon="download" onClick={() => saveText(file.name, file.text)}>
            Download {file.name}
          </Button>
        )}
      </div>
    </div>
  );
}
