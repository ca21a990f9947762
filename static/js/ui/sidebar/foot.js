// Who is logged in, the look, and the menu of what belongs to no conversation.
import { html } from "../../lib/preact.js";
import { useStore } from "../../state/store.js";
import { IconButton } from "../icons.js";
import { MenuButton } from "../menu.js";

export function SidebarFoot({ workspace, archived }) {
  const { user } = workspace;
  const look = useStore(workspace.look);
  const isDark = look === "dark" || (look === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  const toggle = () => workspace.setTheme(isDark ? "light" : "dark");
  return html`<footer class="sidebar__foot">
    <span class="avatar" aria-hidden="true">${user.username.slice(0, 1).toUpperCase()}</span>
    <span class="sidebar__user">${user.username}</span>
    <${IconButton} name=${isDark ? "sun" : "moon"} label=${isDark ? "Light theme" : "Dark theme"} onClick=${toggle} />
    <${MenuButton}
      label="Menu"
      items=${[
        { label: "Settings", icon: "sliders", onSelect: () => workspace.dialog("settings") },
        { label: "Skills", icon: "book", onSelect: () => workspace.dialog("skills") },
        { label: "Templates", icon: "template", onSelect: () => workspace.dialog("templates") },
        { label: "Schedules", icon: "clock", onSelect: () => workspace.dialog("schedules") },
        { label: "Search everything", icon: "search", onSelect: () => workspace.openSearch() },
        { label: "Analytics", icon: "chart", onSelect: () => workspace.openPage("analytics") },
        { label: "Operations", icon: "clock", onSelect: () => workspace.openPage("operations") },
        { label: "Shared", icon: "share", onSelect: () => workspace.openPage("shares") },
        { label: "Tags", icon: "tag", onSelect: () => workspace.dialog("manage-tags") },
        { label: "New folder", icon: "folder", onSelect: () => workspace.dialog("folder") },
        {
          label: archived ? "Current conversations" : "Archived conversations",
          icon: "archive",
          onSelect: () => workspace.list.showArchived(!archived),
        },
        { label: "Import …", icon: "upload", onSelect: () => workspace.dialog("import") },
        { label: "Export everything …", icon: "download", onSelect: () => workspace.dialog("export", { everything: true }) },
        { label: "Keyboard shortcuts", icon: "help", onSelect: () => workspace.dialog("help") },
        user.is_staff && { label: "Administration", icon: "bolt", href: "/admin/" },
        { label: "Log out", icon: "leave", onSelect: () => document.getElementById("logout").requestSubmit() },
      ]}
    />
  </footer>`;
}
