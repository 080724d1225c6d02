import { readFailure } from "../../api/failure.ts";
import { PageHeader } from "../../design/layout.tsx";
import { ErrorState } from "../../design/states.tsx";
import { usePageTitle } from "../../shell/page-title.ts";

type PageFailureProps = {
  readonly error: unknown;
  readonly onRetry?: () => void;
};

/** A page whose own subject could not be read. For a part of a page, see `ErrorState`. */
export function PageFailure(props: PageFailureProps) {
  const title = readFailure(props.error).kind === "not-found" ? "Not found" : "This page cannot be shown";
  usePageTitle(title);
  return (
    <>
      <PageHeader title={title} />
      <ErrorState {...props} />
    </>
  );
}
