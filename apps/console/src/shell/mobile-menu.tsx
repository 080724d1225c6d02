import { Dialog } from "../design/dialog.tsx";
import { AccountSwitcher } from "./account-switcher.tsx";
import { Navigation } from "./navigation.tsx";

/** The side bar's content where there is no room for a side bar. */
export function MobileMenu({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog onClose={onClose} title="Menu">
      <div className="dialog__body">
        <Navigation kind="menu" onGo={onClose} />
        <AccountSwitcher onGo={onClose} />
      </div>
    </Dialog>
  );
}
