// Short notes that go away by themselves.
import { html } from "../lib/preact.js";
import { useStore } from "../state/store.js";
import { IconButton } from "./icons.js";

export function Toasts({ workspace }) {
  const { toasts } = useStore(workspace.surface);
  return html`<div class="toasts" role="region" aria-label="Notes">
    ${toasts.map(
      ({ id, message, kind }) =>
        html`<div key=${id} class="toast toast--${kind}" role=${kind === "error" ? "alert" : "status"}>
          <span>${message}</span>
          <${IconButton} name="close" label="Dismiss" size=${15} onClick=${() => workspace.dismiss(id)} />
        </div>`,
    )}
  </div>`;
}
