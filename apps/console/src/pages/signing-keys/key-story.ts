import type { SigningKey } from "@biped/management-client";

type Key = Pick<SigningKey, "kid" | "state" | "stateSince" | "nextStepAt">;

/** Something that happened to a key, or will happen if nobody does anything. */
export type Moment = {
  readonly id: string;
  readonly at: string;
  readonly tense: "past" | "future";
  readonly title: string;
  readonly text: string;
};

/** A key is published so long before it signs, so that every API has read it by then. */
const nextMs = 600_000;
const shortLength = 8;

/** The beginning of a key id: enough to tell the few keys of a service apart. */
export function formatShortKid(kid: string): string {
  return kid.slice(0, shortLength);
}

/** The keys' line of time, oldest first: all that happened, then all that will. */
export function tellKeyStory(keys: readonly Key[]): readonly Moment[] {
  const moments = keys.flatMap((key) => [tellPast(key), ...tellFuture(key, keys)]);
  const isBefore = (left: Moment, right: Moment): number => Date.parse(left.at) - Date.parse(right.at);
  return [
    ...moments.filter(({ tense }) => tense === "past").sort(isBefore),
    ...moments.filter(({ tense }) => tense === "future").sort(isBefore),
  ];
}

const pasts = {
  next: ["was published", "APIs read it now, before anything is signed with it."],
  active: ["began to sign", "Every token since then bears its signature."],
  passive: ["stopped signing", "It still verifies the tokens that it signed."],
  gone: ["was removed", "Nothing is verified with it any more."],
} as const;

function tellPast({ kid, state, stateSince }: Key): Moment {
  const [verb, text] = pasts[state];
  return { id: `${kid} ${state}`, at: stateSince, tense: "past", title: `${formatShortKid(kid)} ${verb}`, text };
}

function tellFuture({ kid, state, nextStepAt }: Key, keys: readonly Key[]): readonly Moment[] {
  if (nextStepAt === null) return [];
  const short = formatShortKid(kid);
  const planned = { at: nextStepAt, tense: "future" } as const;
  if (state === "next") {
    const active = keys.find((key) => key.state === "active");
    const text = active === undefined ? "" : `${formatShortKid(active.kid)} then verifies only.`;
    return [{ ...planned, id: `${kid} signs`, title: `${short} begins to sign`, text }];
  }
  if (state === "passive") {
    return [
      { ...planned, id: `${kid} leaves`, title: `${short} is removed`, text: "Its last token has ended by then." },
    ];
  }
  const isFollowed = keys.some((key) => key.state === "next");
  return isFollowed ? [] : tellSuccession(short, nextStepAt);
}

/** The next rotation, of which there is no key yet. */
function tellSuccession(short: string, nextStepAt: string): readonly Moment[] {
  const publishedAt = new Date(Date.parse(nextStepAt) - nextMs).toISOString();
  return [
    {
      id: "publication",
      at: publishedAt,
      tense: "future",
      title: "The next key is published",
      text: "By itself, ten minutes before it signs.",
    },
    {
      id: "succession",
      at: nextStepAt,
      tense: "future",
      title: "The next key begins to sign",
      text: `${short} then verifies only, until the last of its tokens has ended.`,
    },
  ];
}
