// One conversation in the list: its name, its tags, what goes on in it, and what can be done with it.
import { html, memo, useEffect, useRef, useState } from "../../lib/preact.js";
import { Icon } from "../icons.js";
import { useTitle } from "../masks.js";
import { MenuButton } from "../menu.js";
import { TagDots } from "../organize/tag-dots.js";
import { canDrag, carry } from "./drag.js";
import { threadActions } from "./thread-actions.js";
import { Mark } from "./mark.js";
import { useLongPress } from "../long-press.js";

/** `carried` are the ids that go along when the row is dragged: all that are chosen, where it is one of them. */
export const ThreadRow = memo(({ workspace, thread, current, selecting, selected, carried, onSelect }) => {
  const [renaming, setRenaming] = useState(false);
  const title = useTitle(workspace, thread);
  const press = useLongPress(() => onSelect(thread.id));
  if (renaming) {
    return html`<li>
      <${Rename}
        title=${thread.title ? title : ""}
        placeholder=${title}
        onDone=${(text) => {
          setRenaming(false);
          if (text && text !== title) workspace.changeThread(thread.id, { title: text });
        }}
      />
    </li>`;
  }
  const follow = (event) => {
    const range = event.shiftKey;
    event.preventDefault();
    if (selecting || range || event.metaKey || event.ctrlKey) return onSelect(thread.id, { range });
    workspace.openThread(thread.id);
  };
  const classes = ["thread", current && "thread--current", selected && "thread--selected"].filter(Boolean);
  return html`<li
    class=${classes.join(" ")}
    draggable=${canDrag}
    onDragStart=${(event) => carry(event, carried ? [...carried] : [thread.id])}
  >
    ${
      selecting &&
      html`<input
        type="checkbox"
        class="thread__check"
        aria-label="Select ${title}"
        checked=${selected}
        onClick=${({ shiftKey }) => onSelect(thread.id, { range: shiftKey })}
      />`
    }
    <a
      class="thread__link"
      href="/threads/${thread.id}/"
      aria-current=${current ? "page" : undefined}
      title=${title}
      draggable=${false}
      onClick=${follow}
      ...${press}
    >
      <span class="thread__title ${thread.title ? "" : "thread__title--none"}">${title}</span>
      <${TagDots} workspace=${workspace} names=${thread.tags} />
      ${thread.anonymous && html`<span class="thread__anonymous" title="Anonymous"><${Icon} name="mask" size=${14} /><span class="visually-hidden">(anonymous)</span></span>`}
      <${Mark} threads=${[thread]} current=${current ? thread.id : null} />
    </a>
    <${MenuButton}
      label="Actions for ${title}"
      class="thread__menu"
      items=${threadActions({
        workspace,
        thread,
        onRename: () => setRenaming(true),
        onSelect: () => onSelect(thread.id),
      })}
    />
  </li>`;
});

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
