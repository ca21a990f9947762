// Shows and hides the outline.
import { html } from "../../lib/preact.js";
import { useStore } from "../../state/store.js";
import { IconButton } from "../icons.js";

export function OutlineButton({ workspace }) {
  const shown = useStore(workspace.surface, ({ outline }) => outline);
  return html`<${IconButton}
    name="outline"
    label="Outline"
    aria-expanded=${String(shown)}
    aria-controls="outline"
    onClick=${() => workspace.showOutline(!shown)}
  />`;
}
