// The page: sidebar, conversation, dialogs, and what is said to a screen reader.
import { html, useEffect } from "../lib/preact.js";
import { useStore } from "../state/store.js";
import { Dialogs } from "./dialogs.js";
import { Main } from "./main.js";
import { Outline } from "./outline/outline.js";
import { SearchPage } from "./search/search-page.js";
import { listenForShortcuts } from "./shortcuts.js";
import { Sidebar } from "./sidebar/sidebar.js";
import { Toasts } from "./toasts.js";

export function App({ workspace }) {
  const session = useStore(workspace.session);
  const { page, drawer, outline, announcement, dialog } = useStore(workspace.surface);
  useEffect(() => listenForShortcuts(workspace), [workspace]);
  return html`
    ${
      page === "search"
        ? html`<a class="skip-link" href="#search-text">Skip to the search field</a>`
        : html`<a class="skip-link" href="#composer-text">Skip to the message field</a>`
    }
    <${Sidebar} workspace=${workspace} open=${drawer} current=${session?.threadId} />
    ${drawer && html`<div class="scrim" onClick=${() => workspace.surface.patch({ drawer: false })}></div>`}
    ${
      page === "search"
        ? html`<${SearchPage} workspace=${workspace} />`
        : html`<${Main} workspace=${workspace} session=${session} />`
    }
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
