// The page: sidebar, conversation, dialogs, and what is said to a screen reader.
import { html, useEffect } from "../lib/preact.js";
import { useStore } from "../state/store.js";
import { Dialogs } from "./dialogs.js";
import { Main } from "./main.js";
import { Outline } from "./outline/outline.js";
import { PAGES } from "./pages.js";
import { listenForShortcuts } from "./shortcuts.js";
import { Sidebar } from "./sidebar/sidebar.js";
import { Toasts } from "./toasts.js";

const CONVERSATION = { Page: Main, main: { id: "composer-text", label: "the message field" } };

export function App({ workspace }) {
  const session = useStore(workspace.session);
  const { page, drawer, outline, announcement, dialog } = useStore(workspace.surface);
  useEffect(() => listenForShortcuts(workspace), [workspace]);
  const { Page, main } = PAGES[page] ?? CONVERSATION;
  return html`
    <a class="skip-link" href="#${main.id}">Skip to ${main.label}</a>
    <${Sidebar} workspace=${workspace} open=${drawer} current=${session?.threadId} />
    ${drawer && html`<div class="scrim" onClick=${() => workspace.surface.patch({ drawer: false })}></div>`}
    <${Page} key=${page} workspace=${workspace} session=${session} />
    ${session && outline && html`<div class="scrim scrim--outline" onClick=${() => workspace.showOutline(false)}></div>`}
    ${
      session &&
      outline &&
      html`<${Outline} key=${`outline ${session.threadId}`} workspace=${workspace} session=${session} />`
    }
    <${Dialogs} workspace=${workspace} dialog=${dialog} />
    <${Toasts} workspace=${workspace} />
    <p class="visually-hidden" role="status" aria-live="polite">${announcement}</p>
  `;
}
