// Tags where there is little room: their colours as dots, their names for who asks and who listens.
import { html } from "../../lib/preact.js";
import { tagNamed } from "../../state/tags.js";
import { useTags } from "./tag-chips.js";

const MOST = 4; // dots

export function TagDots({ workspace, names }) {
  const tags = useTags(workspace, names);
  if (!names?.length) return null;
  const said = names.join(", ");
  return html`<span class="tag-dots" role="img" aria-label="tags: ${said}" title=${said}>
    ${names.slice(0, MOST).map((name) => html`<span key=${name} class="tag-dot tag--${tagNamed(tags, name).color}"></span>`)}
  </span>`;
}
