// Finds conversations by their names and by what was said in them, while it is being typed.
import { html, useRef } from "../../lib/preact.js";
import { Icon } from "../icons.js";

const SEARCH_DELAY = 200; // ms

export function SearchField({ workspace }) {
  const timer = useRef(0);
  const onInput = ({ target }) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => workspace.list.search(target.value.trim()), SEARCH_DELAY);
  };
  return html`<div class="search" role="search">
    <${Icon} name="search" size=${16} />
    <input id="thread-search" type="search" placeholder="Search" aria-label="Search conversations" onInput=${onInput} />
  </div>`;
}
