// What the person sets for all their conversations, and where each value comes from.
import { html } from "../lib/preact.js";
import { Dialog } from "./dialog.js";
import { ConversationSettings } from "./settings/conversations.js";
import { LookSettings } from "./settings/look.js";
import { MemorySettings } from "./settings/memory.js";
import { NotificationSettings } from "./settings/notifications.js";
import { RetentionSettings } from "./settings/retention.js";
import { Tokens } from "./settings/tokens.js";
import { ToolSettings } from "./settings/tools.js";
import { Tabs } from "./tabs.js";

/** `detail` is `{tab}` where another than the first one is wanted. */
export function SettingsDialog({ workspace, detail, onClose }) {
  const tab = (name, label, icon, Panel) => ({
    name,
    label,
    icon,
    panel: () => html`<${Panel} workspace=${workspace} />`,
  });
  const tabs = [
    tab("conversations", "Conversations", "bubble", ConversationSettings),
    tab("look", "Look and keys", "sun", LookSettings),
    tab("memory", "Memory", "bookmark", MemorySettings),
    tab("tools", "Tools", "wrench", ToolSettings),
    tab("notifications", "Notifications", "bell", NotificationSettings),
    tab("tokens", "API tokens", "key", Tokens),
    tab("retention", "Retention", "cut", RetentionSettings),
  ];
  return html`<${Dialog} title="Settings" onClose=${onClose} class="dialog--tall">
    <${Tabs} label="Settings" tabs=${tabs} first=${detail?.tab} />
  <//>`;
}
