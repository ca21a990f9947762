// Up and down through what can have the focus in a list, beginning at the field above it.

/** A handler for keys pressed anywhere in a list and its field; `selector` finds what can have the focus, in its order. */
export const arrowKeys = (selector) => (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const all = [...event.currentTarget.querySelectorAll(selector)];
  const next = all[all.indexOf(document.activeElement) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
};
