// A tag in its colour.
import { html } from "../../lib/preact.js";
import { IconButton } from "../icons.js";

/** `tag`: `{name, color}`. With `onRemove` it can be taken away. */
export function TagChip({ tag, onRemove }) {
  return html`<span class="tag tag--${tag.color}" title=${tag.name}>
    <span class="tag__name">${tag.name}</span>
    ${onRemove && html`<${IconButton} name="close" size=${11} label="Remove the tag ${tag.name}" onClick=${onRemove} />`}
  </span>`;
}
