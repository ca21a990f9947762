// What a call came to: its beginning, and on request all of it.
import { html, useState } from "../../lib/preact.js";
import { api } from "../../net/api.js";
import { copyText } from "../clipboard.js";
import { wholeNumber } from "../format.js";
import { MaskedText, useMasks } from "../masks.js";
import { readable } from "./values.js";

const BRIEF = { characters: 900, lines: 14 };

const isLong = (text) => text.length > BRIEF.characters || text.split("\n", BRIEF.lines + 1).length > BRIEF.lines;

export function Result({ call, workspace }) {
  const [whole, setWhole] = useState(null);
  const [loading, setLoading] = useState(false);
  const [open, setOpen] = useState(false);
  const { revealJson } = useMasks();
  const told = open && whole !== null ? whole : call.content;
  const text = readable(told);
  if (!text) return null;
  const isCut = isLong(text) || call.isBeginning;
  const failed = call.status === "failed";
  const showAll = async () => {
    setLoading(true);
    try {
      const { content } = await api.call(call.run_id, call.tool_call_id);
      setWhole(content ?? call.content);
      setOpen(true);
    } catch (error) {
      workspace.toast(error.message, { kind: "error" });
    }
    setLoading(false);
  };
  const copy = async () =>
    workspace.toast((await copyText(readable(told, revealJson))) ? "The result was copied." : "The browser refused to copy.");
  return html`<div class="result ${failed ? "result--failed" : ""} ${isCut && !open ? "result--cut" : ""}">
    <h4>${failed ? "Error" : "Result"}</h4>
    <pre tabindex="0" role="region" aria-label=${failed ? "Error" : "Result"} dir="auto"><${MaskedText} text=${text} cut=${call.isBeginning && !open} /></pre>
    <p class="result__bar">
      ${
        isCut || open
          ? html`<button
              type="button"
              class="link-button"
              aria-expanded=${String(open)}
              disabled=${loading}
              onClick=${open ? () => setOpen(false) : showAll}
            >
              ${open ? "Show less" : loading ? "Loading …" : "Show all"}
            </button>`
          : null
      }
      <button type="button" class="link-button" onClick=${copy}>Copy</button>
      ${open && html`<span>${wholeNumber(text.length)} characters</span>`}
    </p>
  </div>`;
}
