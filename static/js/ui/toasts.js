// Short notes that go away by themselves.
import { html } from "../lib/preact.js";
import { useStore } from "../state/store.js";
import { IconButton } from "./icons.js";

export function Toasts({ workspace }) {
  const { toasts } = useStore(workspace.surface);
  const act = (id, action) => {
    workspace.dismiss(id);
    action.run();
  };
  return html`<div class="toasts" role="region" aria-label="Notes">
    ${toasts.map(
      ({ id, message, kind, action }) =>
        html`<div key=${id} class="toast toast--${kind}" role=${kind === "error" ? "alert" : "status"}>
          <span class="toast__message">${message}</span>
          ${action && html`<button type="button" class="toast__action" onClick=${() => act(id, action)}>${action.label}</button>`}
          <${IconButton} name="close" label="Dismiss" size=${15} onClick=${() => workspace.dismiss(id)} />
        </div>`,
    )}
  </div>`;
}
