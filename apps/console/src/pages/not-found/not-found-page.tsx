import { Link } from "@tanstack/react-router";
import { formatButtonClass } from "../../design/button.tsx";
import { EmptyState } from "../../design/states.tsx";
import { Entrance } from "../sign-in/entrance.tsx";

const text = "The address may be mistyped, or what it named is gone.";

/** No page has this address. */
export function NotFoundPage() {
  return (
    <Entrance title="There is no such page" text={text}>
      <Link to="/" className={formatButtonClass({ kind: "primary", isWide: true })}>
        To the overview
      </Link>
    </Entrance>
  );
}

/** A page has no part of this address. */
export function NotFoundNotice() {
  return (
    <EmptyState icon="search" title="There is no such page">
      {text}
    </EmptyState>
  );
}
