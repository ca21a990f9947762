// The head of an open conversation with the connection pill; and what stands there when it cannot be shown.
import { Fragment, html, useEffect } from "../lib/preact.js";
import { withLabels } from "../state/mask-names.js";
import { useStore } from "../state/store.js";
import { titleOf } from "../state/thread-list.js";
import { Anonymity, AsModelNote } from "./anonymity.js";
import { Icon, IconButton } from "./icons.js";
import { MaskedText, useMasks, useTitle } from "./masks.js";
import { MenuButton } from "./menu.js";
import { OutlineButton } from "./outline/outline-button.js";
import { setPageTitle } from "./page-title.js";
import { threadActions } from "./sidebar/thread-actions.js";

const PILLS = {
  connecting: "Connecting …",
  reconnecting: "Reconnecting …",
  offline: "Offline. What you send waits here.",
  "signed-out": "You are logged out.",
  gone: "This conversation is gone.",
};

export function ConversationHead({ workspace, session }) {
  const thread = useStore(session.state, (state) => state.thread);
  const excerpt = useStore(workspace.list.store, ({ threads }) => threads[session.threadId]?.excerpt);
  const masks = useMasks();
  const title = masks.settled(titleOf({ excerpt, ...thread }));
  useEffect(() => {
    // The browser keeps what a tab was called: of an anonymous conversation that tells no value.
    setPageTitle(masks.isOn ? withLabels(title) : title);
  }, [title, masks.isOn]);

  return html`<${Fragment}>
    <header class="topbar">
      <${IconButton}
        name="menu"
        label="Conversations"
        class="topbar__menu"
        onClick=${() => workspace.surface.patch({ drawer: true })}
      />
      <h1 class="topbar__title" title=${masks.reveal(title)}><${MaskedText} text=${title} /></h1>
      ${masks.isOn && html`<${Anonymity} workspace=${workspace} asModel=${masks.asModel} />`}
      <${ConnectionPill} session=${session} />
      <${OutlineButton} workspace=${workspace} />
      ${
        thread &&
        html`<${MenuButton}
          label="Conversation"
          items=${[
            { label: "Map of the branches", icon: "branch", onSelect: () => workspace.dialog("branches") },
            ...threadActions({ workspace, thread, onRename: () => workspace.dialog("rename", thread) }),
          ]}
        />`
      }
      <${IconButton} name="plus" label="New conversation" class="topbar__new" onClick=${() => workspace.newThread()} />
    </header>
    ${masks.asModel && html`<${AsModelNote} workspace=${workspace} />`}
    ${thread?.forked_from && html`<${ForkedFrom} workspace=${workspace} origin=${thread.forked_from} />`}
  <//>`;
}

/** Where a copied conversation comes from. */
function ForkedFrom({ workspace, origin }) {
  const { thread_id: threadId, run_id: runId } = origin;
  const source = useStore(workspace.list.store, ({ threads }) => threads[threadId]);
  const go = (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    workspace.openRun(threadId, runId);
  };
  return html`<p class="forked-from">
    <${Icon} name="branch" size=${14} />
    <span>Forked from <a href="/threads/${threadId}/?run=${runId}" onClick=${go}>
      ${source ? html`<${ListedTitle} workspace=${workspace} thread=${source} />` : "another conversation"}
    </a></span>
  </p>`;
}

const ListedTitle = ({ workspace, thread }) => useTitle(workspace, thread);

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

export function Unavailable({ workspace, session }) {
  const { phase, error } = useStore(session.status);
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
