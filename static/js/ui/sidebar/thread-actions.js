// What can be done with a conversation, from its row in the list and from its own head.

/** Items of a MenuButton; `onRename` is how it is renamed there, `onSelect` begins choosing several. */
export function threadActions({ workspace, thread, onRename, onSelect }) {
  const change = (fields) => workspace.changeThread(thread.id, fields);
  return [
    { label: "Rename", icon: "pencil", onSelect: onRename },
    { label: thread.pinned ? "Unpin" : "Pin", icon: "pin", onSelect: () => change({ pinned: !thread.pinned }) },
    { label: "Tags …", icon: "tag", onSelect: () => workspace.dialog("tags", { threads: [thread] }) },
    { label: "Move to a folder …", icon: "folder", onSelect: () => workspace.dialog("move", { threads: [thread] }) },
    { label: "Export …", icon: "download", onSelect: () => workspace.dialog("export", { thread }) },
    {
      label: thread.archived ? "Restore" : "Archive",
      icon: "archive",
      onSelect: () => change({ archived: !thread.archived }),
    },
    { label: "Share …", icon: "share", onSelect: () => workspace.dialog("share", { thread }) },
    onSelect && { label: "Select", icon: "select", onSelect },
    { label: "Delete", icon: "trash", danger: true, onSelect: () => workspace.dialog("delete", thread) },
  ];
}
