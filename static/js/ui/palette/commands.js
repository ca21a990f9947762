// What the palette can do, beside going somewhere. Each command is `{label, icon, run, keys?, words?}`; `words` are others for it.
import { startable } from "../../state/template-command.js";
import { branch, isBusy } from "../../state/thread-view.js";
import { copyText } from "../clipboard.js";
import { SHORTCUTS } from "../shortcuts.js";
import { threadActions } from "../sidebar/thread-actions.js";

const keysOf = (name) => SHORTCUTS.find((shortcut) => shortcut.name === name)?.keys;

export function commandsOf(workspace) {
  return [...general(workspace), ...ofThread(workspace), ...ofTemplates(workspace)];
}

const general = (workspace) => [
  { label: "New conversation", icon: "plus", keys: keysOf("new"), words: "chat start write", run: () => workspace.newThread() },
  { label: "Search everything", icon: "search", keys: keysOf("search"), words: "find filter runs", run: () => workspace.openSearch() },
  { label: "Choose agent and model", icon: "bolt", keys: keysOf("picker"), words: "who answers", run: () => workspace.dialog("picker") },
  { label: "Settings", icon: "sliders", words: "preferences theme language tokens", run: () => workspace.dialog("settings") },
  { label: "Skills", icon: "book", run: () => workspace.dialog("skills") },
  { label: "Templates", icon: "template", words: "reuse parameters prompts", run: () => workspace.dialog("templates") },
  { label: "Schedules", icon: "clock", words: "cron every day week repeat timer", run: () => workspace.dialog("schedules") },
  { label: "Import conversations", icon: "upload", words: "file chatgpt claude open webui bring in", run: () => workspace.dialog("import") },
  { label: "Export everything", icon: "download", words: "file json markdown backup download", run: () => workspace.dialog("export", { everything: true }) },
  { label: "Analytics", icon: "chart", words: "costs tokens usage latency statistics figures bill", run: () => workspace.openPage("analytics") },
  { label: "Operations", icon: "clock", words: "reminders jobs background progress", run: () => workspace.openPage("operations") },
  { label: "Shared", icon: "share", words: "links people groups received", run: () => workspace.openPage("shares") },
  { label: "Tags", icon: "tag", words: "labels colours names", run: () => workspace.dialog("manage-tags") },
  { label: "New folder", icon: "folder", run: () => workspace.dialog("folder") },
  archive(workspace),
  { label: "Keyboard shortcuts", icon: "help", keys: keysOf("help"), words: "help keys", run: () => workspace.dialog("help") },
];

function archive({ list }) {
  const { archived } = list.store.value;
  return {
    label: archived ? "Current conversations" : "Archived conversations",
    icon: "archive",
    run: () => list.showArchived(!archived),
  };
}

/** What can be done with the conversation that is open. */
function ofThread(workspace) {
  const session = workspace.session.value;
  const thread = session?.state.value.thread;
  if (!thread) return [];
  const { outline } = workspace.surface.value;
  const stop = { label: "Stop the answer", icon: "stop", keys: keysOf("stop"), words: "cancel", run: () => workspace.stop() };
  return [
    ...(isBusy(branch(session.state.value)) ? [stop] : []),
    {
      label: outline ? "Hide the outline" : "Show the outline",
      icon: "outline",
      keys: keysOf("outline"),
      words: "runs list contents",
      run: () => workspace.showOutline(!outline),
    },
    {
      label: "Search in this conversation",
      icon: "search",
      words: "find",
      run: () => workspace.openSearch({ thread: thread.id }),
    },
    { label: "Copy the link to this conversation", icon: "link", words: "address url share", run: () => copyLink(workspace, thread) },
    ...threadActions({ workspace, thread, onRename: () => workspace.dialog("rename", thread) }).filter(Boolean).map(ofThis),
  ];
}

/** Templates that can be started; they are found by what is typed, and not offered before. */
function ofTemplates(workspace) {
  return startable(workspace.catalogue.value.templates).map(({ id, name, slug }) => ({
    label: `Start “${name}”`,
    icon: "play",
    words: `template ${slug} ${name.toLocaleLowerCase()}`,
    isFound: true,
    run: () => workspace.dialog("start-template", { id }),
  }));
}

const ofThis = ({ label, icon, onSelect }) => ({ label: `${label.replace(/ …$/, "")} this conversation`, icon, run: onSelect });

async function copyLink(workspace, { id }) {
  const copied = await copyText(new URL(`/threads/${id}/`, location.origin).href);
  workspace.toast(copied ? "The link was copied." : "The browser refused to copy.");
}
