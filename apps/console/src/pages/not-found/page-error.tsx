import type { ErrorComponentProps } from "@tanstack/react-router";
import { ErrorState } from "../../design/states.tsx";
import { Entrance } from "../sign-in/entrance.tsx";
import { PageFailure } from "./page-failure.tsx";

/** In the place of a page that broke; what is round it goes on. */
export function PageError({ error, reset }: ErrorComponentProps) {
  return <PageFailure error={error} onRetry={reset} />;
}

/** In the place of the whole console, such as when it cannot be asked who is signed in. */
export function ConsoleError({ error, reset }: ErrorComponentProps) {
  return (
    <Entrance title="The console cannot be shown">
      <ErrorState error={error} onRetry={reset} />
    </Entrance>
  );
}
