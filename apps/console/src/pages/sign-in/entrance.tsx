import "./entrance.css";
import type { ReactNode } from "react";
import { Callout } from "../../design/callout.tsx";
import { joinClassNames } from "../../design/class-names.ts";
import { Brand } from "../../shell/brand.tsx";
import { usePageTitle } from "../../shell/page-title.ts";

type EntranceProps = {
  readonly title: string;
  readonly text?: ReactNode;
  readonly size?: "narrow" | "wide";
  readonly children: ReactNode;
};

/** What is round the pages before sign-in. */
export function Entrance({ title, text, size = "narrow", children }: EntranceProps) {
  usePageTitle(title);
  return (
    <div className="entrance">
      <header>
        <Brand />
      </header>
      <main className={joinClassNames("entrance__main", size === "wide" && "entrance__main--wide")}>
        <div className="entrance__head">
          <h1>{title}</h1>
          {text !== undefined && <p className="entrance__text">{text}</p>}
        </div>
        <div className="stack">
          {!window.isSecureContext && <InsecureWarning />}
          {children}
        </div>
      </main>
      <footer className="entrance__foot">Server-to-server OAuth 2.0</footer>
    </div>
  );
}

/** The session's cookie is for secure pages alone: without one nobody can stay signed in. */
function InsecureWarning() {
  return (
    <Callout kind="warning" title="This page is not secure">
      Browsers keep no session here, and know no passkeys. Open the console by <code>https://</code>, or at{" "}
      <code>localhost</code> on the machine that runs it.
    </Callout>
  );
}
