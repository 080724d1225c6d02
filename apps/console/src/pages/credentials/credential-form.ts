import { useState } from "react";
import { type ChosenEnd, chooseEnd, type EndChoice, type EndFacts } from "./end.ts";
import { parseRanges, type TypedRanges } from "./ip-ranges.ts";

type Start = {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly ranges: readonly string[];
  readonly choice: EndChoice;
  readonly facts: Omit<EndFacts, "openedAtMs">;
};

export type CredentialForm = {
  readonly name: string;
  readonly setName: (name: string) => void;
  readonly scopes: readonly string[];
  readonly setScopes: (scopes: readonly string[]) => void;
  readonly rangeText: string;
  readonly setRangeText: (text: string) => void;
  readonly typedRanges: TypedRanges;
  readonly choice: EndChoice;
  readonly date: string;
  readonly setEnd: (choice: EndChoice, date: string) => void;
  readonly end: ChosenEnd;
  readonly facts: EndFacts;
  /** What is sent; undefined while something is missing or wrong. */
  readonly values: CredentialValues | undefined;
};

export type CredentialValues = {
  readonly name: string;
  readonly scopes: string[];
  readonly expiresAt: string | null;
  readonly allowedRanges: string[];
};

/** What the forms to create and to edit a credential have in common. */
export function useCredentialForm(start: Start): CredentialForm {
  const [openedAtMs] = useState(() => Date.now());
  const [name, setName] = useState(start.name);
  const [scopes, setScopes] = useState(start.scopes);
  const [rangeText, setRangeText] = useState(start.ranges.join("\n"));
  const [{ choice, date }, setChosen] = useState({ choice: start.choice, date: "" });
  const facts = { ...start.facts, openedAtMs };
  const typedRanges = parseRanges(rangeText);
  const end = chooseEnd(choice, date, facts);
  const values = { name: name.trim(), scopes: [...scopes], end, typedRanges };
  return {
    ...{ name, setName, scopes, setScopes, rangeText, setRangeText, typedRanges, choice, date, end, facts },
    setEnd: (nextChoice, nextDate) => setChosen({ choice: nextChoice, date: nextDate }),
    values: readValues(values),
  };
}

type TypedValues = {
  readonly name: string;
  readonly scopes: string[];
  readonly end: ChosenEnd;
  readonly typedRanges: TypedRanges;
};

function readValues({ name, scopes, end, typedRanges }: TypedValues): CredentialValues | undefined {
  if (name === "" || scopes.length === 0 || "mistake" in end || typedRanges.kind === "mistake") return undefined;
  return { name, scopes, expiresAt: end.expiresAt, allowedRanges: [...typedRanges.ranges] };
}
