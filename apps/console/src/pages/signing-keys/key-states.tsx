import type { SigningKey } from "@biped/management-client";
import { StateBadge } from "../../design/badge.tsx";
import { joinClassNames } from "../../design/class-names.ts";
import { CopyButton } from "../../design/copy.tsx";
import { Icon } from "../../design/icon.tsx";
import { TimeText } from "../../design/time-text.tsx";
import { formatShortKid } from "./key-story.ts";
import "./signing-keys.css";

const states = [
  {
    state: "next",
    text: "Published, and signs nothing yet. It waits ten minutes, so that every API knows it before its first token.",
    none: "None now. The next one comes by itself, or when you rotate.",
    since: "published",
  },
  {
    state: "active",
    text: "Signs every new token. There is exactly one.",
    none: "None. The servers make one within seconds.",
    since: "signs since",
  },
  {
    state: "passive",
    text: "Signs nothing more, and verifies the tokens that it signed until the last has ended, for an hour or so.",
    none: "None now. After a rotation the former key rests here.",
    since: "since",
  },
] as const;

/** The way of a key, from left to right, with the keys where they are. */
export function KeyStates({ keys }: { readonly keys: readonly SigningKey[] }) {
  return (
    <ol className="key-states" aria-label="States of a signing key">
      {states.map(({ state, text, none, since }, index) => {
        const held = keys.filter((key) => key.state === state);
        return (
          <li key={state} className={joinClassNames("key-state", state === "active" && "key-state--active")}>
            <div>
              <StateBadge state={state} />
            </div>
            <p className="key-state__text">{text}</p>
            <div className="key-state__keys">
              {held.length === 0 && <p className="key-state__none">{none}</p>}
              {held.map((key) => (
                <KeyFacts key={key.kid} signingKey={key} since={since} />
              ))}
            </div>
            {index < states.length - 1 && (
              <span className="key-state__arrow" aria-hidden="true">
                <Icon name="chevron-right" size={12} />
              </span>
            )}
          </li>
        );
      })}
    </ol>
  );
}

function KeyFacts({ signingKey, since }: { readonly signingKey: SigningKey; readonly since: string }) {
  const short = formatShortKid(signingKey.kid);
  return (
    <div>
      <div className="signing-key__id">
        <span className="mono">{short}…</span>
        <CopyButton text={signingKey.kid} what={`id of key ${short}`} />
      </div>
      <p className="signing-key__facts">
        {signingKey.algorithm}, {since} <TimeText instant={signingKey.stateSince} />
      </p>
    </div>
  );
}
