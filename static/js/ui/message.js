// One message: what the person said as it was typed, what the agent said as Markdown, thinking and tool calls folded.
import { html, memo, useLayoutEffect, useRef } from "../lib/preact.js";
import { MarkdownView } from "../render/markdown-view.js";
import { ToolCall } from "./tool-call.js";

const WHO = { user: "You", assistant: "Agent", system: "System" };

export const Message = memo(({ message, results, tools, agent, runStatus }) => {
  const { role, content, status } = message;
  const streaming = status === "streaming";
  const who = role === "assistant" ? agent || WHO.assistant : (WHO[role] ?? role);
  return html`<section class="message message--${role}" aria-label=${who} data-message-id=${message.id}>
    <h3 class="message__who">${who}</h3>
    ${
      role === "user"
        ? html`<${Said} content=${content} />`
        : content.map(
            (part, index) =>
              html`<${Part}
                key=${index}
                part=${part}
                streaming=${streaming}
                isLast=${index === content.length - 1}
                result=${results[part.id]}
                tool=${tools[part.id]}
                runStatus=${runStatus}
              />`,
          )
    }
    ${status === "partial" && role === "assistant" && html`<p class="message__partial">This answer is not complete.</p>`}
  </section>`;
});

/** The person's words, exactly as typed, and the images that go with them. */
function Said({ content }) {
  const text = content
    .filter(({ type }) => type === "text")
    .map(({ text: words }) => words)
    .join("\n\n");
  const images = content.filter(({ type }) => type === "image");
  return html`<div class="said">
    <${Pictures} images=${images} />
    ${text && html`<p class="said__text" dir="auto">${text}</p>`}
  </div>`;
}

export function Pictures({ images }) {
  if (images.length === 0) return null;
  return html`<div class="said__images">
    ${images.map((image) => html`<${Picture} key=${image.id} image=${image} />`)}
  </div>`;
}

function Picture({ image }) {
  const alt = image.alt || image.name || "Attached image";
  return html`<a class="picture" href=${image.url} target="_blank" rel="noopener"
    ><img src=${image.url} alt=${alt} loading="lazy"
  /></a>`;
}

function Part({ part, streaming, isLast, result, tool, runStatus }) {
  switch (part.type) {
    case "text":
      return html`<${Prose} text=${part.text} streaming=${streaming && isLast} />`;
    case "thinking":
      return html`<${Thinking} text=${part.text} streaming=${streaming && isLast} />`;
    case "image":
      return html`<${Picture} image=${part} />`;
    case "tool_use":
      return html`<${ToolCall} part=${part} result=${result} tool=${tool} runStatus=${runStatus} />`;
    default:
      return null;
  }
}

function Prose({ text, streaming }) {
  const container = useRef(null);
  const view = useRef(null);
  useLayoutEffect(() => {
    view.current ??= new MarkdownView(container.current);
    view.current.update(text, { streaming });
  }, [text, streaming]);
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
    <div class="fold__body" dir="auto">${text}</div>
  </details>`;
}
