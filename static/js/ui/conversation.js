// One open conversation: its head with the connection pill, its transcript, its composer.
import { html, useEffect } from "../lib/preact.js";
import { useStore } from "../state/store.js";
import { titleOf } from "../state/thread-list.js";
import { Composer } from "./composer.js";
import { IconButton } from "./icons.js";
import { MenuButton } from "./menu.js";
import { Transcript } from "./transcript.js";

const PILLS = {
  connecting: "Connecting …",
  reconnecting: "Reconnecting …",
  offline: "Offline. What you send waits here.",
  "signed-out": "You are logged out.",
  gone: "This conversation is gone.",
};

export function Conversation({ workspace, session }) {
  const { phase, error } = useStore(session.status);
  const thread = useStore(session.state, (state) => state.thread);
  const excerpt = useStore(workspace.list.store, ({ threads }) => threads[session.threadId]?.excerpt);
  const title = titleOf({ excerpt, ...thread });
  useEffect(() => {
    document.title = `${title} · Coday`;
  }, [title]);

  return html`<main class="conversation">
    <header class="topbar">
      <${IconButton}
        name="menu"
        label="Conversations"
        class="topbar__menu"
        onClick=${() => workspace.surface.patch({ drawer: true })}
      />
      <h1 class="topbar__title" title=${title}>${title}</h1>
      <${ConnectionPill} session=${session} />
      ${
        thread &&
        html`<${MenuButton}
          label="Conversation"
          items=${[
            { label: "Rename", icon: "pencil", onSelect: () => workspace.dialog("rename", thread) },
            {
              label: thread.pinned ? "Unpin" : "Pin",
              icon: "pin",
              onSelect: () => workspace.changeThread(thread.id, { pinned: !thread.pinned }),
            },
            {
              label: thread.archived ? "Restore" : "Archive",
              icon: "archive",
              onSelect: () => workspace.changeThread(thread.id, { archived: !thread.archived }),
            },
            { label: "Delete", icon: "trash", danger: true, onSelect: () => workspace.dialog("delete", thread) },
          ]}
        />`
      }
      <${IconButton} name="plus" label="New conversation" class="topbar__new" onClick=${() => workspace.newThread()} />
    </header>
    ${
      phase === "missing" || phase === "failed"
        ? html`<${Unavailable} workspace=${workspace} session=${session} phase=${phase} error=${error} />`
        : html`<${Transcript} workspace=${workspace} session=${session} /><${Composer}
              workspace=${workspace}
              session=${session}
            />`
    }
  </main>`;
}

/** Says nothing while all is well, nor in the first moment of a connection. */
function ConnectionPill({ session }) {
  const { connection, phase } = useStore(session.status);
  const text = phase === "ready" ? PILLS[connection] : undefined;
  return html`<div class="pill-slot" role="status">
    ${
      text &&
      html`<span class="pill pill--${connection}">
        ${text} ${connection === "signed-out" && html`<a href="/accounts/login/?next=${location.pathname}">Log in</a>`}
      </span>`
    }
  </div>`;
}

function Unavailable({ workspace, session, phase, error }) {
  const missing = phase === "missing";
  return html`<section class="blank" role="alert">
    <h2>${missing ? "There is no such conversation" : "The conversation could not be loaded"}</h2>
    <p>${missing ? "It was deleted, or it belongs to somebody else." : error?.message}</p>
    ${
      missing
        ? html`<button type="button" class="button" onClick=${() => workspace.newThread()}>Start a new one</button>`
        : html`<button type="button" class="button" onClick=${() => session.open()}>Try again</button>`
    }
  </section>`;
}
