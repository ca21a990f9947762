// One message: what the person said as it was typed, what the agent said as Markdown, thinking and tool calls folded.
import { html, memo, useLayoutEffect, useRef } from "../lib/preact.js";
import { MarkdownView } from "../render/markdown-view.js";
import { readIn } from "../state/inquiry.js";
import { useStore } from "../state/store.js";
import { Sources as RunsRead } from "./inquiry/sources.js";
import { MaskedText, useMasks } from "./masks.js";
import { EditedInput } from "./run/edited-input.js";
import { useSourceIds } from "./sources.js";
import { ToolCall } from "./tool-call.js";

const WHO = { user: "You", assistant: "Agent", system: "System" };

/** `person`: what whoever asked is called, where that is not the reader. */
export const Message = memo(({ message, results, agent, person, run, session, workspace, readOnly }) => {
  const { role, content, status } = message;
  const streaming = status === "streaming";
  const named = { assistant: agent, user: person }[role];
  const who = named || (WHO[role] ?? role);
  return html`<section class="message message--${role}" aria-label=${who} data-message-id=${message.id}>
    <h3 class="message__who">${who}</h3>
    ${
      role === "user"
        ? html`<${Asked} message=${message} run=${run} session=${session} workspace=${workspace} />`
        : role === "system"
          ? html`<${Told} content=${content} />`
          : content.map(
            (part, index) =>
              html`<${Part}
                key=${index}
                part=${part}
                streaming=${streaming}
                isLast=${index === content.length - 1}
                result=${results.get(part.id)}
                run=${run}
                session=${session}
                workspace=${workspace}
                readOnly=${readOnly}
              />`,
          )
    }
    ${status === "partial" && role === "assistant" && html`<p class="message__partial">This answer is not complete.</p>`}
  </section>`;
});

/** The person's words, or what is being made of them. */
function Asked({ message, run, session, workspace }) {
  const isEdited = useStore(session.status, ({ edited }) => edited === message.id);
  if (!isEdited) return html`<${Said} content=${message.content} workspace=${workspace} />`;
  return html`<${EditedInput} message=${message} run=${run} session=${session} workspace=${workspace} />`;
}

/** The person's words, exactly as typed, and the images that go with them. */
function Said({ content, workspace }) {
  const { quoted, read } = quotedIn(content);
  const text = textOf(content.filter((part) => part !== quoted));
  const images = content.filter(({ type }) => type === "image");
  return html`<div class="said">
    <${Pictures} images=${images} />
    ${text && html`<p class="said__text" dir="auto"><${MaskedText} text=${text} /></p>`}
    ${read && html`<${RunsRead} read=${read} text=${quoted.text} workspace=${workspace} />`}
  </div>`;
}

/** The part that quotes runs, behind the question about them: `{quoted, read}`, see inquiry.js. */
function quotedIn(content) {
  const quoted = content.length > 1 ? content.findLast(({ type }) => type === "text") : undefined;
  const read = quoted ? readIn(quoted.text) : null;
  return read ? { quoted, read } : {};
}

/** What an ended operation brought: others may have written it, so it stays text. */
function Told({ content }) {
  return html`<div class="told" dir="auto"><${MaskedText} text=${textOf(content)} /></div>`;
}

const textOf = (content) =>
  content
    .filter(({ type }) => type === "text")
    .map(({ text }) => text)
    .join("\n\n");

export function Pictures({ images }) {
  if (images.length === 0) return null;
  return html`<div class="said__images">
    ${images.map((image) => html`<${Picture} key=${image.id} image=${image} />`)}
  </div>`;
}

function Picture({ image }) {
  const { reveal } = useMasks();
  const alt = reveal(image.alt || image.name || "") || "Attached image";
  return html`<a class="picture" href=${image.url} target="_blank" rel="noopener"
    ><img src=${image.url} alt=${alt} loading="lazy"
  /></a>`;
}

function Part({ part, streaming, isLast, ...rest }) {
  switch (part.type) {
    case "text":
      return html`<${Prose} text=${part.text} streaming=${streaming && isLast} run=${rest.run} session=${rest.session} />`;
    case "thinking":
      return html`<${Thinking} text=${part.text} streaming=${streaming && isLast} />`;
    case "image":
      return html`<${Picture} image=${part} />`;
    case "tool_use":
      return html`<${ToolCall} key=${part.id} part=${part} streaming=${streaming && isLast} ...${rest} />`;
    default:
      return null;
  }
}

function Prose({ text, streaming, run, session }) {
  const container = useRef(null);
  const view = useRef(null);
  const masks = useMasks();
  const sources = useSourceIds(session, run, text);
  useLayoutEffect(() => {
    view.current ??= new MarkdownView(container.current);
    view.current.update(streaming ? masks.settled(text) : text, { streaming, masks });
  }, [text, streaming, masks]);
  useLayoutEffect(() => view.current.know(sources), [sources]);
  useLayoutEffect(() => () => view.current?.destroy(), []);
  return html`<div class="prose ${streaming ? "prose--streaming" : ""}" dir="auto" ref=${container}></div>`;
}

function Thinking({ text, streaming }) {
  return html`<details class="fold">
    <summary class="fold__summary">
      <span class=${streaming ? "fold__label fold__label--live" : "fold__label"}
        >${streaming ? "Thinking …" : "Thought"}</span
      >
    </summary>
    <div class="fold__body" dir="auto"><${MaskedText} text=${text} cut=${streaming} /></div>
  </details>`;
}
