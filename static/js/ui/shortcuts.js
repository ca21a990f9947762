// Keyboard shortcuts: one list, for the listener and for the help dialog.

const isMac = /Mac|iP(hone|ad|od)/.test(navigator.platform);
export const MOD = isMac ? "⌘" : "Ctrl";

/** How a message is sent depends on the person's choice, "enter" or "ctrl_enter". */
export const sendingShortcuts = (key) =>
  key === "enter"
    ? [
        { keys: ["Enter"], does: "Send the message" },
        { keys: ["Shift", "Enter"], does: "New line" },
      ]
    : [
        { keys: [MOD, "Enter"], does: "Send the message" },
        { keys: ["Enter"], does: "New line" },
      ];

export const SHORTCUTS = [
  { keys: ["@"], does: "Name an agent for the message" },
  { keys: ["/"], does: "Begin a command, or pick a skill for the message" },
  { keys: [MOD, "Shift", "Enter"], does: "Say it into the answer that is being given" },
  {
    keys: [MOD, "Shift", "O"],
    name: "new",
    does: "New conversation",
    code: "KeyO",
    shift: true,
    run: (workspace) => workspace.newThread(),
  },
  {
    keys: [MOD, "K"],
    name: "palette",
    does: "Go to a conversation or a run, or do something",
    code: "KeyK",
    run: (workspace) => workspace.dialog("palette"),
  },
  {
    keys: [MOD, "Shift", "F"],
    name: "search",
    does: "Search everything that was said",
    code: "KeyF",
    shift: true,
    run: (workspace) => workspace.openSearch(),
  },
  {
    keys: [MOD, "Shift", "E"],
    name: "outline",
    does: "Show or hide the outline",
    code: "KeyE",
    shift: true,
    run: (workspace) => toggleOutline(workspace),
  },
  {
    keys: [MOD, "Shift", "X"],
    name: "stop",
    does: "Stop the answer",
    code: "KeyX",
    shift: true,
    run: (workspace) => workspace.stop(),
  },
  {
    keys: [MOD, "M"],
    name: "picker",
    does: "Choose agent and model",
    code: "KeyM",
    run: (workspace) => workspace.dialog("picker"),
  },
  { keys: ["Alt", "↑"], does: "Previous run", code: "ArrowUp", alt: true, run: () => stepRun(-1) },
  { keys: ["Alt", "↓"], does: "Next run", code: "ArrowDown", alt: true, run: () => stepRun(1) },
  {
    keys: [MOD, "/"],
    name: "help",
    does: "Show this help",
    code: "Slash",
    run: (workspace) => workspace.dialog("help"),
  },
  { keys: [MOD, "click"], does: "Select a conversation or a run; with Shift up to there" },
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

function toggleOutline(workspace) {
  if (!workspace.session.value) return;
  const shown = !workspace.surface.value.outline;
  workspace.showOutline(shown);
  if (shown) requestAnimationFrame(() => document.querySelector("#outline input")?.focus());
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
