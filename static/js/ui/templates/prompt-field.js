// A prompt of a template: what stands in it can be made a parameter, and parameters are put into it.
import { html, useRef, useState } from "../../lib/preact.js";

const LONGEST = 500; // characters of a text that becomes a parameter's default
const SHOWN = 24;

/** `onDefine(put, text)`: a parameter is made of a text, and `put(name)` is the prompt with its place. */
export function PromptField({ text, name, parameters, onChange, onDefine }) {
  const field = useRef(null);
  const [range, setRange] = useState([0, 0]);
  const note = ({ target }) => setRange([target.selectionStart, target.selectionEnd]);
  const [start, end] = range.map((place) => Math.min(place, text.length));
  const selected = text.slice(start, end);
  const canDefine = selected.trim() && selected.length <= LONGEST && !/[{}]/.test(selected);
  const put = (place) => `${text.slice(0, start)}{{${place}}}${text.slice(end)}`;
  const putIn = (place) => {
    onChange(put(place));
    const caret = start + place.length + 4;
    setRange([caret, caret]);
    requestAnimationFrame(() => {
      field.current?.focus();
      field.current?.setSelectionRange(caret, caret);
    });
  };
  const define = () => {
    onDefine(put, selected);
    setRange([start, start]);
  };
  const keepFocus = (event) => event.preventDefault();
  return html`<div class="field field--unlabelled prompt-field">
    <textarea
      ref=${field}
      rows=${Math.min(14, Math.max(3, text.split("\n").length + 1))}
      dir="auto"
      aria-label=${name}
      placeholder="What is asked. {{topic}} is filled in each time."
      value=${text}
      onInput=${(event) => {
        onChange(event.target.value);
        note(event);
      }}
      onSelect=${note}
      onKeyUp=${note}
      onPointerUp=${note}
    ></textarea>
    <div class="prompt-field__places">
      ${
        canDefine &&
        html`<button type="button" class="button button--small button--primary" onPointerDown=${keepFocus} onClick=${define}>
          Ask for “${selected.length > SHOWN ? `${selected.slice(0, SHOWN)}…` : selected}” each time
        </button>`
      }
      ${parameters.map(
        ({ name: place }) =>
          place &&
          html`<button key=${place} type="button" class="place" aria-label="Put ${place} into ${name}" onPointerDown=${keepFocus} onClick=${() => putIn(place)}>
            {{${place}}}
          </button>`,
      )}
    </div>
  </div>`;
}
