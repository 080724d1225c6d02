import "./command-palette.css";
import type { SearchHit } from "@biped/management-client";
import { useNavigate } from "@tanstack/react-router";
import { type KeyboardEvent, useDeferredValue, useId, useState } from "react";
import { isPlatformOwner } from "../api/permissions.ts";
import { useOperation } from "../api/queries.ts";
import { useSession } from "../api/session.ts";
import { Dialog } from "../design/dialog.tsx";
import { Icon, type IconName } from "../design/icon.tsx";
import { findPlaces, ownPlace, type Place, searchPlaces } from "./places.ts";

type Option = {
  readonly id: string;
  readonly icon: IconName;
  readonly name: string;
  readonly kind: string;
  readonly go: () => void;
};

type CommandPaletteProps = {
  /** What was typed before the palette was there. */
  readonly takeTyped: () => string;
  readonly onClose: () => void;
};

/** Search over everything that the person may see, and the way to every page. */
export function CommandPalette({ takeTyped, onClose }: CommandPaletteProps) {
  const [text, setText] = useState("");
  const { options, isSearching } = useOptions(text.trim(), onClose);
  return (
    <Dialog onClose={onClose} title="Search and go" size="wide">
      <Combobox text={text} onType={setText} takeTyped={takeTyped} options={options} />
      {options.length === 0 && (
        <p className="palette__empty" role="status">
          {isSearching ? "Searching…" : "Nothing has this name or id among what you may see."}
        </p>
      )}
    </Dialog>
  );
}

function useOptions(text: string, onClose: () => void) {
  const navigate = useNavigate();
  const { administrator } = useSession();
  const q = useDeferredValue(text);
  const search = useOperation("GET /api/search", { query: { q } }, { isEnabled: q !== "" });
  const places = [...findPlaces(isPlatformOwner(administrator)), ownPlace];
  const hits = q === "" ? [] : (search.data?.items ?? []);
  const options: readonly Option[] = [
    ...searchPlaces(places, text).map((place) => describePlace(place, () => void navigate({ to: place.to }))),
    ...hits.map((hit) => describeHit(hit, createWay(hit, navigate))),
  ];
  const closing = options.map((option) => ({
    ...option,
    go: () => {
      onClose();
      option.go();
    },
  }));
  return { options: closing, isSearching: search.isFetching };
}

function describePlace({ to, icon, title }: Place, go: () => void): Option {
  return { id: `place-${to}`, icon, name: title, kind: "Page", go };
}

function describeHit({ kind, id, name, accountName }: SearchHit, go: () => void): Option {
  const words = {
    account: "Account",
    project: `Project of ${accountName}`,
    credential: `Credential of ${accountName}`,
  };
  return { id: `${kind}-${id}`, icon: kind, name, kind: words[kind], go };
}

function createWay({ kind, id }: SearchHit, navigate: ReturnType<typeof useNavigate>): () => void {
  if (kind === "credential") return () => void navigate({ to: "/credentials/$clientId", params: { clientId: id } });
  if (kind === "project")
    return () =>
      void navigate({
        to: "/projects/$projectId",
        params: { projectId: Number(id) },
      });
  return () =>
    void navigate({
      to: "/accounts/$accountId",
      params: { accountId: Number(id) },
    });
}

type ComboboxProps = {
  readonly text: string;
  readonly onType: (text: string) => void;
  readonly takeTyped: () => string;
  readonly options: readonly Option[];
};

/** The ARIA combobox: focus stays in the field, and the arrows move the choice. */
function Combobox({ text, onType, takeTyped, options }: ComboboxProps) {
  const listId = useId();
  const [chosen, setChosen] = useState(0);
  const at = Math.min(chosen, options.length - 1);
  const active = options[at];
  const press = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      setChosen((at + step + options.length) % Math.max(1, options.length));
    } else if (event.key === "Enter") active?.go();
  };
  return (
    <>
      <div className="palette__field">
        <Icon name="search" size={18} />
        <input
          className="palette__input"
          role="combobox"
          aria-label="Search accounts, projects, credentials and pages"
          aria-expanded={options.length > 0}
          aria-controls={listId}
          aria-activedescendant={active && `${listId}-${active.id}`}
          placeholder="A name, an id, or a page"
          autoComplete="off"
          spellCheck={false}
          maxLength={200}
          value={text}
          onChange={(event) => {
            onType(event.target.value);
            setChosen(0);
          }}
          onFocus={() => {
            const typed = takeTyped();
            if (typed !== "") onType(text + typed);
          }}
          onKeyDown={press}
        />
      </div>
      <Options listId={listId} options={options} activeId={active?.id} />
    </>
  );
}

type OptionsProps = {
  readonly listId: string;
  readonly options: readonly Option[];
  readonly activeId: string | undefined;
};

function Options({ listId, options, activeId }: OptionsProps) {
  return (
    <div className="palette__list" id={listId} role="listbox" aria-label="Results" hidden={options.length === 0}>
      {options.map(({ id, icon, name, kind, go }) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents lint/a11y/useFocusableInteractive: The field above has the focus and the keys.
        <div
          key={id}
          id={`${listId}-${id}`}
          className="palette__option"
          role="option"
          aria-selected={id === activeId}
          ref={(element) => {
            if (id === activeId) element?.scrollIntoView({ block: "nearest" });
          }}
          onClick={go}
        >
          <Icon name={icon} />
          <span className="palette__name">{name}</span>
          <span className="palette__kind">{kind}</span>
        </div>
      ))}
    </div>
  );
}
