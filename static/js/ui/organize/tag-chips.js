// The tags of a run or a thread, each in its colour.
import { html, useEffect } from "../../lib/preact.js";
import { useStore } from "../../state/store.js";
import { tagNamed } from "../../state/tags.js";
import { TagChip } from "../run/tag-chip.js";

const NONE = [];

/** The person's tags by name; those that are shown and not known are asked for. */
export function useTags(workspace, names = NONE) {
  useEffect(() => workspace.tags.want(names), [names]);
  return useStore(workspace.tags.store);
}

export function TagChips({ workspace, names = NONE }) {
  const tags = useTags(workspace, names);
  if (names.length === 0) return null;
  return html`<ul class="tags" aria-label="Tags">
    ${names.map((name) => html`<li key=${name}><${TagChip} tag=${tagNamed(tags, name)} /></li>`)}
  </ul>`;
}
