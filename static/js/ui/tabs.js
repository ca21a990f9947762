// Tabs: one panel at a time, by the ARIA pattern: arrows move along the tabs, and what has the focus is shown.
import { html, useId, useRef, useState } from "../lib/preact.js";
import { Icon } from "./icons.js";

const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/** `tabs`: `[{name, label, icon, panel}]`, where `panel` draws what the tab shows; `first` is the name of the one shown first. */
export function Tabs({ label, tabs, first = tabs[0].name }) {
  const [current, show] = useState(first);
  const list = useRef(null);
  const id = useId();
  const move = (event) => {
    const at = tabs.findIndex(({ name }) => name === current);
    const places = { Home: 0, End: tabs.length - 1 };
    const next = event.key in STEPS ? (at + STEPS[event.key] + tabs.length) % tabs.length : places[event.key];
    if (next === undefined) return;
    event.preventDefault();
    show(tabs[next].name);
    list.current.children[next].focus();
  };
  const shown = tabs.find(({ name }) => name === current);
  return html`<div class="tabs">
    <div class="tabs__list" role="tablist" aria-label=${label} ref=${list} onKeyDown=${move}>
      ${tabs.map(
        ({ name, label: title, icon }) =>
          html`<button
            key=${name}
            type="button"
            class="tabs__tab"
            role="tab"
            id="${id}-${name}"
            aria-selected=${String(name === current)}
            aria-controls="${id}-panel"
            tabindex=${name === current ? 0 : -1}
            onClick=${() => show(name)}
          >
            <${Icon} name=${icon} size=${16} /> ${title}
          </button>`,
      )}
    </div>
    <div class="tabs__panel" role="tabpanel" id="${id}-panel" aria-labelledby="${id}-${current}" key=${current}>
      ${shown.panel()}
    </div>
  </div>`;
}
