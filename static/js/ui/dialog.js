// A modal dialog: the browser's own, with its focus handling, labelled by its title.
import { html, useEffect, useId, useRef } from "../lib/preact.js";
import { IconButton } from "./icons.js";

export function Dialog({ title, onClose, children, class: className = "" }) {
  const node = useRef(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    node.current.showModal();
    return () => before?.isConnected && before.focus();
  }, []);
  // A click on the dialog itself, not on what is in it, is a click on its backdrop.
  const onClick = (event) => event.target === node.current && onClose();
  const onCancel = (event) => {
    event.preventDefault();
    onClose();
  };
  return html`<dialog
    class="dialog ${className}"
    ref=${node}
    aria-labelledby=${id}
    onCancel=${onCancel}
    onClick=${onClick}
  >
    <div class="dialog__sheet">
      <header class="dialog__head">
        <h2 id=${id}>${title}</h2>
        <${IconButton} name="close" label="Close" onClick=${onClose} />
      </header>
      <div class="dialog__body">${children}</div>
    </div>
  </dialog>`;
}
