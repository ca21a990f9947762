// Folders of conversations: they open and close, take what is dropped on them, and show closed what goes on in them.
import { html, useEffect, useState } from "../../lib/preact.js";
import { useStore } from "../../state/store.js";
import { Icon } from "../icons.js";
import { MenuButton } from "../menu.js";
import { taking } from "./drag.js";
import { Mark } from "./mark.js";

/** `row` draws a thread; `place` is where it stands among all `of` them, from 0. */
export function FolderSection({ workspace, folder, place, of, threads, open, current, row }) {
  const [over, setOver] = useState(false);
  const next = useStore(workspace.list.store, ({ folders }) => folders[folder.id]);
  useEffect(() => {
    if (open) workspace.list.loadFolder(folder.id);
  }, [open]);
  const shown = open ? threads : threads.filter(({ id }) => id === current); // what is being read is not hidden
  const drop = (ids) => workspace.attempt(() => workspace.organizer.changeThreads(ids, { folder: folder.id }));
  const move = (to) => workspace.attempt(() => workspace.folders.move(folder.id, to));
  return html`<section
    class="folder ${over ? "folder--over" : ""}"
    aria-label=${folder.name}
    ...${taking({ onDrop: drop, onOver: setOver })}
  >
    <div class="folder__head">
      <h2 class="folder__name">
        <button
          type="button"
          class="folder__toggle"
          aria-expanded=${String(open)}
          onClick=${() => workspace.folders.setOpen(folder.id, !open)}
        >
          <span class="folder__chevron"><${Icon} name="chevron" size=${14} /></span>
          <${Icon} name=${open ? "folderOpen" : "folder"} size=${16} />
          <span class="folder__title">${folder.name}</span>
          ${!open && html`<${Mark} threads=${threads} current=${current} />`}
        </button>
      </h2>
      <${MenuButton}
        label="Actions for the folder ${folder.name}"
        class="thread__menu"
        items=${[
          { label: "Rename", icon: "pencil", onSelect: () => workspace.dialog("folder", folder) },
          place > 0 && { label: "Move up", icon: "arrowUp", onSelect: () => move(place - 1) },
          place < of - 1 && { label: "Move down", icon: "arrowDown", onSelect: () => move(place + 1) },
          { label: "Delete the folder", icon: "trash", danger: true, onSelect: () => workspace.dialog("delete-folder", folder) },
        ]}
      />
    </div>
    ${
      shown.length + Number(open) > 0 &&
      html`<ul class="folder__threads">
        ${shown.map(row)} ${open && threads.length === 0 && html`<li class="folder__empty">Nothing in it yet.</li>`}
        ${
          open &&
          next &&
          html`<li>
            <button type="button" class="button button--quiet button--small" onClick=${() => workspace.list.loadFolder(folder.id)}>
              Show more
            </button>
          </li>`
        }
      </ul>`
    }
  </section>`;
}

/** What is in no folder: dropped here, a conversation leaves its folder. */
export function Loose({ workspace, active, children }) {
  const [over, setOver] = useState(false);
  const drop = (ids) => workspace.attempt(() => workspace.organizer.changeThreads(ids, { folder: null }));
  const target = active ? taking({ onDrop: drop, onOver: setOver }) : {};
  return html`<div class="sidebar__loose ${over ? "folder--over" : ""}" ...${target}>${children}</div>`;
}
