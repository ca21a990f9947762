// What the tab is called: what it shows, and before that in how many conversations something waits for the person.
let shown = "Coday";
let count = 0;

const write = () => {
  document.title = count > 0 ? `(${count}) ${shown}` : shown;
};

/** "A letter" → "A letter · Coday"; without a name the page's own. */
export function setPageTitle(name) {
  shown = name ? `${name} · Coday` : "Coday";
  write();
}

export function setBadge(number) {
  count = number;
  write();
}
