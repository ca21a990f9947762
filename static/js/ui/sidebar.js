// The list of conversations: search, sections by age, and what can be done with each.
import { html, memo, useEffect, useMemo, useRef, useState } from "../lib/preact.js";
import { theme } from "../state/storage.js";
import { useStore } from "../state/store.js";
import { sections, titleOf } from "../state/thread-list.js";
import { Icon, IconButton } from "./icons.js";
import { MenuButton } from "./menu.js";

const SEARCH_DELAY = 200; // ms

export function Sidebar({ workspace, open, current }) {
  const { threads, query, archived, next, phase, error } = useStore(workspace.list.store);
  const groups = useMemo(() => sections(threads), [threads]);
  return html`<nav class="sidebar ${open ? "sidebar--open" : ""}" aria-label="Conversations">
    <header class="sidebar__head">
      <a class="brand" href="/" aria-label="Coday, start"><span class="brand__mark" aria-hidden="true"></span>Coday</a>
      <${IconButton}
        name="close"
        label="Close the list"
        class="sidebar__close"
        onClick=${() => workspace.surface.patch({ drawer: false })}
      />
    </header>
    <button type="button" class="button sidebar__new" onClick=${() => workspace.newThread()}>
      <${Icon} name="plus" size=${16} /> New conversation
    </button>
    <${Search} workspace=${workspace} />
    <div class="sidebar__list">
      ${archived && html`<h2 class="sidebar__mode">Archived conversations</h2>`}
      ${groups.map(
        ({ name, threads: list }) =>
          html`<section key=${name} aria-label=${name}>
            <h2 class="sidebar__age">${name}</h2>
            <ul>
              ${list.map((thread) => {
                const isCurrent = thread.id === current;
                return html`<${ThreadRow}
                  key=${thread.id}
                  workspace=${workspace}
                  thread=${thread}
                  current=${isCurrent}
                />`;
              })}
            </ul>
          </section>`,
      )}
      <${ListNote}
        phase=${phase}
        error=${error}
        empty=${groups.length === 0}
        query=${query}
        archived=${archived}
        onRetry=${() => workspace.list.refresh()}
      />
      ${
        next &&
        html`<button type="button" class="button button--quiet button--wide" onClick=${() => workspace.list.loadMore()}>
          Show more
        </button>`
      }
    </div>
    <${SidebarFoot} workspace=${workspace} archived=${archived} />
  </nav>`;
}

function Search({ workspace }) {
  const timer = useRef(0);
  const onInput = ({ target }) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => workspace.list.search(target.value.trim()), SEARCH_DELAY);
  };
  return html`<div class="search" role="search">
    <${Icon} name="search" size=${16} />
    <input id="thread-search" type="search" placeholder="Search" aria-label="Search conversations" onInput=${onInput} />
  </div>`;
}

function ListNote({ phase, error, empty, query, archived, onRetry }) {
  if (phase === "failed") {
    return html`<p class="sidebar__note" role="alert">
      ${error.message} <button type="button" class="link-button" onClick=${onRetry}>Try again</button>
    </p>`;
  }
  if (phase === "loading" || !empty) return null;
  if (query) return html`<p class="sidebar__note">Nothing found for “${query}”.</p>`;
  return html`<p class="sidebar__note">
    ${archived ? "Nothing is archived." : "Your conversations will be listed here."}
  </p>`;
}

function SidebarFoot({ workspace, archived }) {
  const { user } = workspace;
  const [look, setLook] = useState(theme.get());
  const isDark = look === "dark" || (look === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  const toggle = () => {
    theme.set(isDark ? "light" : "dark");
    setLook(theme.get());
  };
  return html`<footer class="sidebar__foot">
    <span class="avatar" aria-hidden="true">${user.username.slice(0, 1).toUpperCase()}</span>
    <span class="sidebar__user">${user.username}</span>
    <${IconButton} name=${isDark ? "sun" : "moon"} label=${isDark ? "Light theme" : "Dark theme"} onClick=${toggle} />
    <${MenuButton}
      label="Menu"
      items=${[
        { label: "Settings", icon: "sliders", onSelect: () => workspace.dialog("settings") },
        {
          label: archived ? "Current conversations" : "Archived conversations",
          icon: "archive",
          onSelect: () => workspace.list.showArchived(!archived),
        },
        { label: "Keyboard shortcuts", icon: "help", onSelect: () => workspace.dialog("help") },
        user.is_staff && { label: "Administration", icon: "bolt", href: "/admin/" },
        { label: "Log out", icon: "leave", onSelect: () => document.getElementById("logout").requestSubmit() },
      ]}
    />
  </footer>`;
}

const ThreadRow = memo(({ workspace, thread, current }) => {
  const [renaming, setRenaming] = useState(false);
  const title = titleOf(thread);
  if (renaming) {
    return html`<li>
      <${Rename}
        title=${thread.title ?? ""}
        placeholder=${title}
        onDone=${(text) => {
          setRenaming(false);
          if (text && text !== thread.title) workspace.changeThread(thread.id, { title: text });
        }}
      />
    </li>`;
  }
  const open = (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    workspace.openThread(thread.id);
  };
  return html`<li class="thread ${current ? "thread--current" : ""}">
    <a
      class="thread__link"
      href="/threads/${thread.id}/"
      aria-current=${current ? "page" : undefined}
      title=${title}
      onClick=${open}
    >
      <span class="thread__title ${thread.title ? "" : "thread__title--none"}">${title}</span>
      <${ThreadState} thread=${thread} current=${current} />
    </a>
    <${MenuButton}
      label="Actions for ${title}"
      class="thread__menu"
      items=${[
        { label: "Rename", icon: "pencil", onSelect: () => setRenaming(true) },
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
    />
  </li>`;
});

/** What goes on in a conversation that is not being looked at. */
function ThreadState({ thread, current }) {
  if (thread.waiting)
    return html`<span class="dot dot--waiting" role="img" aria-label="waits for you" title="Waits for you"></span>`;
  if (thread.running)
    return html`<span class="dot dot--running" role="img" aria-label="answering" title="Answering"></span>`;
  if (thread.unread && !current)
    return html`<span class="dot dot--unread" role="img" aria-label="unread" title="Unread"></span>`;
  return null;
}

function Rename({ title, placeholder, onDone }) {
  const field = useRef(null);
  const done = useRef(false);
  useEffect(() => field.current.select(), []);
  const finish = (text) => {
    if (done.current) return;
    done.current = true;
    onDone(text?.trim());
  };
  const onKeyDown = (event) => {
    if (event.key === "Enter") finish(event.target.value);
    if (event.key === "Escape") finish(null);
    event.stopPropagation();
  };
  return html`<input
    class="thread__rename"
    ref=${field}
    value=${title}
    placeholder=${placeholder}
    maxlength="200"
    aria-label="Name of the conversation"
    onKeyDown=${onKeyDown}
    onBlur=${({ target }) => finish(target.value)}
  />`;
}
