// The end of something, asked for in place: what will be gone, and two answers.
import { html, useEffect, useRef, useState } from "../lib/preact.js";

/** `ask` is the way to the question, `onRemove` may reject: then the reason stands there. */
export function Removal({ ask: label, question, children, onRemove }) {
  const [asking, ask] = useState(false);
  const [problem, setProblem] = useState("");
  const keep = useRef(null);
  useEffect(() => keep.current?.focus(), [asking]);
  const remove = async () => {
    try {
      await onRemove();
    } catch (error) {
      setProblem(error.message);
    }
  };
  if (!asking) return html`<button type="button" class="link-button ending" onClick=${() => ask(true)}>${label}</button>`;
  return html`<div class="ending ending--asked" role="group" aria-label=${question}>
    <p>${children}</p>
    ${problem && html`<p class="field__error" role="alert">${problem}</p>`}
    <button type="button" class="button button--small" ref=${keep} onClick=${() => ask(false)}>Keep it</button>
    <button type="button" class="button button--small button--danger" onClick=${remove}>Delete</button>
  </div>`;
}
