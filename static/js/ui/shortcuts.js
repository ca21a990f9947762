// Keyboard shortcuts: one list, for the listener and for the help dialog.

const isMac = /Mac|iP(hone|ad|od)/.test(navigator.platform);
const MOD = isMac ? "⌘" : "Ctrl";

export const SHORTCUTS = [
  { keys: ["Enter"], does: "Send the message" },
  { keys: ["Shift", "Enter"], does: "New line" },
  {
    keys: [MOD, "Shift", "O"],
    does: "New conversation",
    code: "KeyO",
    shift: true,
    run: (workspace) => workspace.newThread(),
  },
  { keys: [MOD, "K"], does: "Search conversations", code: "KeyK", run: (workspace) => focusSearch(workspace) },
  {
    keys: [MOD, "Shift", "X"],
    does: "Stop the answer",
    code: "KeyX",
    shift: true,
    run: (workspace) => workspace.stop(),
  },
  { keys: [MOD, "M"], does: "Choose agent and model", code: "KeyM", run: (workspace) => workspace.dialog("picker") },
  { keys: ["Alt", "↑"], does: "Previous run", code: "ArrowUp", alt: true, run: () => stepRun(-1) },
  { keys: ["Alt", "↓"], does: "Next run", code: "ArrowDown", alt: true, run: () => stepRun(1) },
  { keys: [MOD, "/"], does: "Show this help", code: "Slash", run: (workspace) => workspace.dialog("help") },
  { keys: ["Esc"], does: "Close what is open" },
];

/** Listens on the whole page; returns how to stop. */
export function listenForShortcuts(workspace) {
  const onKeyDown = (event) => {
    if (event.key === "Escape" && workspace.surface.value.drawer) workspace.surface.patch({ drawer: false });
    if (document.querySelector("dialog[open]")) return;
    const shortcut = SHORTCUTS.find((one) => one.run && matches(one, event));
    if (!shortcut) return;
    event.preventDefault();
    shortcut.run(workspace);
  };
  addEventListener("keydown", onKeyDown);
  return () => removeEventListener("keydown", onKeyDown);
}

function matches({ code, shift = false, alt = false }, event) {
  const modified = isMac ? event.metaKey : event.ctrlKey;
  return event.code === code && event.shiftKey === shift && event.altKey === alt && modified === !alt;
}

function focusSearch(workspace) {
  workspace.surface.patch({ drawer: true });
  requestAnimationFrame(() => document.getElementById("thread-search")?.focus());
}

/** Moves the focus from run to run. */
function stepRun(step) {
  const runs = [...document.querySelectorAll(".run")];
  if (runs.length === 0) return;
  const current = runs.indexOf(document.activeElement?.closest(".run"));
  const start = current === -1 ? (step > 0 ? -1 : runs.length) : current;
  const run = runs[Math.min(Math.max(start + step, 0), runs.length - 1)];
  run.focus({ preventScroll: true });
  run.scrollIntoView({ block: "start" });
}
