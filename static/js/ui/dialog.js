// A modal dialog: the browser's own, with its focus handling, labelled by its title.
import { html, useId, useLayoutEffect, useRef } from "../lib/preact.js";
import { IconButton } from "./icons.js";

/** `bare`: without a head of its own, and named all the same. Afterwards the focus is where it was before, or on the element with the id `focusAfter`. */
export function Dialog({ title, onClose, focusAfter, bare = false, children, class: className = "" }) {
  const node = useRef(null);
  const id = useId();
  // Before it is painted: what is typed next belongs to it.
  useLayoutEffect(() => {
    const before = document.activeElement;
    const { current: dialog } = node;
    dialog.showModal();
    return () => {
      dialog.close(); // what is outside of an open one cannot have the focus
      const next = document.getElementById(focusAfter) ?? before;
      if (next?.isConnected) next.focus();
    };
  }, []);
  // A click on the dialog itself, not on what is in it, is a click on its backdrop.
  const onClick = (event) => event.target === node.current && onClose();
  // A file field in the dialog tells in the same way that no file was chosen.
  const onCancel = (event) => {
    if (event.target !== node.current) return;
    event.preventDefault();
    onClose();
  };
  return html`<dialog
    class="dialog ${className}"
    ref=${node}
    aria-labelledby=${bare ? undefined : id}
    aria-label=${bare ? title : undefined}
    onCancel=${onCancel}
    onClick=${onClick}
  >
    <div class="dialog__sheet">
      ${
        !bare &&
        html`<header class="dialog__head">
          <h2 id=${id}>${title}</h2>
          <${IconButton} name="close" label="Close" onClick=${onClose} />
        </header>`
      }
      <div class=${bare ? "dialog__bare" : "dialog__body"}>${children}</div>
    </div>
  </dialog>`;
}
