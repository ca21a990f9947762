// The Escape key, wherever on the page it is pressed: for a state of the page that it ends.
import { useEffect } from "../lib/preact.js";

/** Calls `onEscape` while `active`, unless a dialog or what has the focus took the key for itself. */
export function useEscape(active, onEscape) {
  useEffect(() => {
    if (!active) return undefined;
    const onKeyDown = (event) => {
      if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      onEscape();
    };
    addEventListener("keydown", onKeyDown);
    return () => removeEventListener("keydown", onKeyDown);
  }, [active]);
}
