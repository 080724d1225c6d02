import "./key-help.css";
import { Switch } from "../design/choices.tsx";
import { Dialog } from "../design/dialog.tsx";
import { useSingleKeys } from "./use-keys.ts";

const keys = [
  { keys: ["/"], does: "Search on this page" },
  {
    keys: ["Ctrl", "K"],
    does: "Search everywhere, and go anywhere (⌘ K on a Mac)",
  },
  { keys: ["↑", "↓"], does: "From row to row in a list" },
  { keys: ["?"], does: "Show these keys" },
  { keys: ["Esc"], does: "Close what is open" },
] as const;

export function KeyHelp({ onClose }: { readonly onClose: () => void }) {
  const [areOn, setOn] = useSingleKeys();
  return (
    <Dialog onClose={onClose} title="Keys">
      <div className="dialog__body">
        <dl className="key-help">
          {keys.map((each) => (
            <div key={each.does} className="key-help__row">
              <dt>{each.does}</dt>
              <dd className="row">
                {each.keys.map((key) => (
                  <kbd key={key}>{key}</kbd>
                ))}
              </dd>
            </div>
          ))}
        </dl>
        <Switch
          label="Single keys"
          hint="Switch them off if you speak to your computer, or press keys by accident."
          isChecked={areOn}
          onChange={setOn}
        />
      </div>
    </Dialog>
  );
}
