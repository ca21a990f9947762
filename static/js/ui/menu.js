// A button that opens a menu of actions, with the keyboard behaviour of the ARIA menu button pattern.
import { html, useEffect, useId, useLayoutEffect, useRef, useState } from "../lib/preact.js";
import { Icon, IconButton } from "./icons.js";

const GAP = 4; // px between a button and its menu
const EDGE = 8; // px that stay free between a menu and the window's edge

/**
 * `items`: `[{label, icon, onSelect, danger?, begins?, href?}]`, or a function that says them when the menu opens; falsy items are
 * left out, and above what `begins` a section there is a line.
 */
export function MenuButton({ label, icon = "more", items, class: className = "" }) {
  const [open, setOpen] = useState(false);
  const root = useRef(null);
  const id = useId();
  const entries = () => [...root.current.querySelectorAll("[role=menuitem]")];

  // In the top layer, where nothing cuts it off; before it is painted, and again when its button moves.
  useLayoutEffect(() => {
    if (!open) return undefined;
    const list = root.current.querySelector("[role=menu]");
    const place = ({ target } = {}) => target !== list && placeAt(root.current, list);
    list.showPopover();
    place();
    addEventListener("scroll", place, { capture: true, passive: true });
    addEventListener("resize", place);
    return () => {
      removeEventListener("scroll", place, { capture: true });
      removeEventListener("resize", place);
    };
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

  return html`<div class="menu ${className}" ref=${root} onKeyDown=${onKeyDown}>
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
      html`<div class="menu__list" popover="manual" role="menu" id=${id} aria-label=${label}>
        ${(typeof items === "function" ? items() : items)
          .filter(Boolean)
          .map((item) => html`<${MenuItem} key=${item.label} item=${item} onSelect=${() => select(item)} />`)}
      </div>`
    }
  </div>`;
}

/** Below the button where there is room, else where there is more of it; what does not fit is scrolled to. */
function placeAt(button, list) {
  const { top, bottom, right } = button.getBoundingClientRect();
  const { scrollHeight: height, offsetWidth: width, offsetHeight, clientHeight } = list;
  const whole = height + offsetHeight - clientHeight;
  const below = innerHeight - bottom - GAP - EDGE;
  const above = top - GAP - EDGE;
  const up = whole > below && above > below;
  const shown = Math.min(whole, up ? above : below);
  list.style.maxHeight = `${shown}px`;
  list.style.top = `${up ? top - GAP - shown : bottom + GAP}px`;
  list.style.left = `${Math.max(EDGE, Math.min(right, innerWidth - EDGE) - width)}px`;
}

function MenuItem({ item, onSelect }) {
  const content = html`<${Icon} name=${item.icon} size=${16} /><span>${item.label}</span>`;
  const kind = [item.danger && "menu__item--danger", item.begins && "menu__item--begins"].filter(Boolean).join(" ");
  const shared = { class: `menu__item ${kind}`, role: "menuitem", tabindex: -1 };
  if (item.href) return html`<a ...${shared} href=${item.href}>${content}</a>`;
  return html`<button type="button" ...${shared} onClick=${onSelect}>${content}</button>`;
}
