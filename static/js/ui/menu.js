// A button that opens a menu of actions, with the keyboard behaviour of the ARIA menu button pattern.
import { html, useEffect, useId, useLayoutEffect, useRef, useState } from "../lib/preact.js";
import { Icon, IconButton } from "./icons.js";

const MARGIN = 64; // px that stay free below a menu: the list's foot is there

/** `items`: `[{label, icon, onSelect, danger?, href?}]`; falsy items are left out. */
export function MenuButton({ label, icon = "more", items, class: className = "" }) {
  const [open, setOpen] = useState(false);
  const [up, setUp] = useState(false);
  const root = useRef(null);
  const id = useId();
  const entries = () => [...root.current.querySelectorAll("[role=menuitem]")];

  // Before it is painted: below its button where there is room, else above.
  useLayoutEffect(() => {
    if (!open) return;
    const button = root.current.getBoundingClientRect();
    const { height } = root.current.querySelector("[role=menu]").getBoundingClientRect();
    setUp(button.bottom + height + MARGIN > innerHeight);
  }, [open]);

  useEffect(() => {
    if (!open) return undefined;
    entries()[0]?.focus();
    const onPointerDown = ({ target }) => !root.current?.contains(target) && setOpen(false);
    document.addEventListener("pointerdown", onPointerDown);
    return () => document.removeEventListener("pointerdown", onPointerDown);
  }, [open]);

  const close = () => {
    setOpen(false);
    root.current.querySelector("button").focus();
  };

  const onKeyDown = (event) => {
    if (!open) return;
    const all = entries();
    const index = all.indexOf(document.activeElement);
    const target = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: all.length - 1 }[event.key];
    if (target !== undefined) all.at(target % all.length).focus();
    else if (event.key === "Escape") close();
    else if (event.key === "Tab") return setOpen(false);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  const select = (item) => {
    close();
    item.onSelect?.();
  };

  return html`<div class="menu ${up ? "menu--up" : ""} ${className}" ref=${root} onKeyDown=${onKeyDown}>
    <${IconButton}
      name=${icon}
      label=${label}
      aria-haspopup="menu"
      aria-expanded=${String(open)}
      aria-controls=${id}
      onClick=${() => setOpen(!open)}
    />
    ${
      open &&
      html`<div class="menu__list" role="menu" id=${id} aria-label=${label}>
        ${items
          .filter(Boolean)
          .map((item) => html`<${MenuItem} key=${item.label} item=${item} onSelect=${() => select(item)} />`)}
      </div>`
    }
  </div>`;
}

function MenuItem({ item, onSelect }) {
  const content = html`<${Icon} name=${item.icon} size=${16} /><span>${item.label}</span>`;
  const shared = { class: `menu__item ${item.danger ? "menu__item--danger" : ""}`, role: "menuitem", tabindex: -1 };
  if (item.href) return html`<a ...${shared} href=${item.href}>${content}</a>`;
  return html`<button type="button" ...${shared} onClick=${onSelect}>${content}</button>`;
}
