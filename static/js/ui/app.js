// The page: sidebar, conversation, dialogs, and what is said to a screen reader.
import { html, useEffect } from "../lib/preact.js";
import { useStore } from "../state/store.js";
import { Conversation } from "./conversation.js";
import { Dialogs } from "./dialogs.js";
import { listenForShortcuts } from "./shortcuts.js";
import { Sidebar } from "./sidebar.js";
import { Toasts } from "./toasts.js";
import { Welcome } from "./welcome.js";

export function App({ workspace }) {
  const session = useStore(workspace.session);
  const { drawer, announcement, dialog } = useStore(workspace.surface);
  useEffect(() => listenForShortcuts(workspace), [workspace]);
  return html`
    <a class="skip-link" href="#composer-text">Skip to the message field</a>
    <${Sidebar} workspace=${workspace} open=${drawer} current=${session?.threadId} />
    ${drawer && html`<div class="scrim" onClick=${() => workspace.surface.patch({ drawer: false })}></div>`}
    ${
      session
        ? html`<${Conversation} key=${session.threadId} workspace=${workspace} session=${session} />`
        : html`<${Welcome} workspace=${workspace} />`
    }
    <${Dialogs} workspace=${workspace} dialog=${dialog} />
    <${Toasts} workspace=${workspace} />
    <p class="visually-hidden" role="status" aria-live="polite">${announcement}</p>
  `;
}
