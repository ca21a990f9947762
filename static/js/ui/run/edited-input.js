// What was asked, while it is being edited: with "Run again" it stands beside what it was.
import { html, useEffect, useRef, useState } from "../../lib/preact.js";
import { drafts, emptyDraft } from "../../state/storage.js";
import { Icon, IconButton } from "../icons.js";
import { useMasks } from "../masks.js";

/** What is being written survives a reload, as the message field's draft does. */
export function EditedInput({ message, run, session, workspace }) {
  const { reveal } = useMasks();
  const said = message.content.filter(({ type }) => type === "text").map(({ text }) => text).join("\n\n");
  const key = `edit.${message.id}`;
  const [text, write] = useState(drafts.load(key).text || reveal(said));
  const [images, keep] = useState(message.content.filter(({ type }) => type === "image"));
  const [sending, setSending] = useState(false);
  const field = useRef(null);
  useEffect(() => {
    const { current: node } = field;
    node.focus();
    node.setSelectionRange(node.value.length, node.value.length);
  }, []);
  const onInput = ({ target }) => {
    write(target.value);
    drafts.save(key, { ...emptyDraft, text: target.value });
  };
  const leave = () => {
    drafts.save(key, emptyDraft);
    session.status.patch({ edited: null });
  };
  const send = async () => {
    setSending(true);
    const input = { text, images: images.map(({ id }) => id) };
    if (await workspace.runs.rerun(run, { input })) leave();
    else setSending(false);
  };
  const onKeyDown = (event) => {
    if (event.key === "Escape") leave();
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && text.trim()) send();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return html`<div class="edited">
    ${
      images.length > 0 &&
      html`<ul class="attachments" aria-label="Images of the message">
        ${images.map(
          ({ id, url, alt }) =>
            html`<li key=${id} class="attachment">
              <img src=${url} alt=${alt || "Image"} />
              <${IconButton} name="close" size=${13} label="Leave this image out" onClick=${() => keep(images.filter((one) => one.id !== id))} />
            </li>`,
        )}
      </ul>`
    }
    <textarea class="edited__text" ref=${field} dir="auto" aria-label="Edit the message" value=${text} onInput=${onInput} onKeyDown=${onKeyDown}></textarea>
    <div class="edited__bar">
      <span class="edited__note">What was said before stays beside it.</span>
      <button type="button" class="button button--small" onClick=${leave}>Cancel</button>
      <button type="button" class="button button--small button--primary" disabled=${sending || (!text.trim() && images.length === 0)} onClick=${send}>
        <${Icon} name="redo" size=${14} /> Run again
      </button>
    </div>
  </div>`;
}
