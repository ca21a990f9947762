// Values from models and tools, as text for a person: never as HTML.
import { html } from "../../lib/preact.js";
import { MaskedText } from "../masks.js";

const LONGEST_PRETTY = 100_000; // characters of JSON that are set out in lines

/** Named values, one below the other: what a tool was given. */
export function Values({ values }) {
  const entries = Object.entries(values ?? {});
  if (entries.length === 0) return html`<p class="values__none">Nothing</p>`;
  return html`<dl class="values">
    ${entries.map(
      ([name, value]) =>
        html`<div class="values__row" key=${name}>
          <dt><${MaskedText} text=${name} /></dt>
          <dd class=${value && typeof value === "object" ? "values__data" : ""} dir="auto"><${MaskedText} text=${valueText(value)} /></dd>
        </div>`,
    )}
  </dl>`;
}

const valueText = (value) => (typeof value === "string" ? value : JSON.stringify(value, null, 2));

/** A result's text, with what `reveal` makes of its values; JSON is set out in lines. */
export function readable(text, reveal = (value) => value) {
  if (!/^\s*[[{]/.test(text) || text.length > LONGEST_PRETTY) return reveal(text);
  try {
    return JSON.stringify(reveal(JSON.parse(text)), null, 2);
  } catch {
    return reveal(text);
  }
}
