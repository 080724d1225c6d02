import { Skeleton } from "../../design/states.tsx";
import { Entrance } from "../sign-in/entrance.tsx";

/** While a page is on its way, if that takes long enough to be noticed. */
export function PagePending() {
  return (
    <div className="stack">
      <h1 className="visually-hidden">Loading</h1>
      <PartPending />
    </div>
  );
}

/** While a part of a page is on its way: what is round it has the heading. */
export function PartPending() {
  return (
    <div className="stack" role="status">
      <span className="visually-hidden">Loading</span>
      <Skeleton width="12rem" />
      <Skeleton width="20rem" />
    </div>
  );
}

/** While it is asked who is signed in. */
export function ConsolePending() {
  return (
    <Entrance title="One moment">
      <PartPending />
    </Entrance>
  );
}
