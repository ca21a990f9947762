// The sources that a run has read: named under its answer, and shown with the passages that were found.
import { html, useEffect, useMemo, useRef, useState } from "../lib/preact.js";
import { api } from "../net/api.js";
import { hostOf } from "../render/links.js";
import { placesOf } from "../render/passages.js";
import { useStore } from "../state/store.js";
import { callsOf, sourceIds, sourcesOf } from "../state/tool-calls.js";
import { Dialog } from "./dialog.js";
import { Icon } from "./icons.js";
import { MaskedText, useMasks } from "./masks.js";

const AROUND = 1200; // characters of a source before its passage that are shown with it
const EXCERPT = 6000; // characters of a source that are shown at once

/** `chosen` is `{id, skill, title, passages}` or `null`; a citation in the answer chooses, too. */
export function Sources({ run, session, chosen, onChoose }) {
  const calls = useStore(session.state, (state) => callsOf(state, run.id));
  const sources = sourcesOf(calls);
  const { reveal } = useMasks();
  return html`
    ${
      sources.length > 0 &&
      html`<nav class="sources" aria-label="Sources of run ${run.number}">
        <span class="sources__label">Sources</span>
        ${sources.map(
          (source) =>
            html`<button
              type="button"
              class="chip chip--quiet sources__chip"
              key=${`${source.skill}/${source.id}`}
              aria-haspopup="dialog"
              title=${reveal(source.title)}
              onClick=${() => onChoose(source)}
            >
              <${Icon} name="book" size=${13} /> <span class="sources__title" dir="auto"><${MaskedText} text=${source.title} /></span>
            </button>`,
        )}
      </nav>`
    }
    ${chosen && html`<${SourceDialog} source=${chosen} onClose=${() => onChoose(null)} />`}
  `;
}

/** The source that a citation in a run names: as this run read it, or an earlier one. `undefined` where none did. */
export function citedSource(state, run, id) {
  const all = Object.values(state.tools).flatMap(Object.values);
  return [callsOf(state, run.id), all].flatMap(sourcesOf).find((source) => source.id === id);
}

const CITED = /\]\(source:([\w-]+)/g;

/**
 * The ids of the sources that a text of a run may cite: a set that changes when another one is read. Where the text cites a
 * strange one, what the run's tasks have read is looked up, too: their calls are not there before somebody opens them.
 */
export function useSourceIds(session, run, text) {
  const ids = useStore(session.state, sourceIds);
  const known = useMemo(() => new Set(ids.split(" ")), [ids]);
  const isStrange = [...text.matchAll(CITED)].some(([, id]) => !known.has(id));
  useEffect(() => {
    if (!isStrange) return;
    for (const { child } of Object.values(callsOf(session.state.value, run.id))) {
      if (child) session.loadRun(child).catch(() => {}); // the citation stays a text
    }
  }, [isStrange]);
  return known;
}

function SourceDialog({ source, onClose }) {
  const { passages } = source;
  const { revealJson } = useMasks();
  return html`<${Dialog} title=${revealJson(source.title)} onClose=${onClose} class="dialog--wide">
    <div class="source">
      ${source.url && html`<p class="source__address"><a href=${source.url} target="_blank" rel="noopener noreferrer nofollow">${hostOf(source.url)}</a></p>`}
      ${
        passages.length > 0 &&
        html`<h3 class="source__heading">${passages.length > 1 ? "The passages that were read" : "The passage that was read"}</h3>`
      }
      ${passages.map(({ text }, index) => html`<blockquote class="source__passage" key=${index} dir="auto"><${MaskedText} text=${text} /></blockquote>`)}
      <${SourceText} source=${revealJson(source)} />
    </div>
  <//>`;
}

/** The source itself, from a little before its first passage on. */
function SourceText({ source }) {
  const start = Math.max(0, (source.passages[0]?.offset ?? 0) - AROUND);
  const [text, setText] = useState(null);
  const [problem, setProblem] = useState("");
  const load = async (offset) => {
    try {
      const page = await api.source(source.skill, source.id, { offset, limit: EXCERPT });
      setText((known) => ({ words: (known?.words ?? "") + page.text, next: page.next_offset }));
    } catch (error) {
      setProblem(error.status === 404 ? "The source is gone, or you may no longer read it." : error.message);
    }
  };
  useEffect(() => {
    load(start);
  }, []);
  if (problem) return html`<p class="source__problem">${problem}</p>`;
  if (!text) return html`<p class="source__problem" role="status">Loading the source …</p>`;
  const words = start > 0 ? fromWord(text.words) : text.words;
  return html`<h3 class="source__heading">${start > 0 ? "Around it" : "The source"}</h3>
    <p class="source__text" dir="auto">${start > 0 && "… "}<${Marked} text=${words} passages=${source.passages} /></p>
    ${text.next && html`<button type="button" class="button button--small" onClick=${() => load(text.next)}>Read on</button>`}`;
}

/** A text without the rest of a word that it begins with. */
const fromWord = (text) => text.replace(/^\S+\s/, "");

/** A text with its passages marked, and the one that was found first in sight. */
function Marked({ text, passages }) {
  const first = useRef(null);
  useEffect(() => first.current?.scrollIntoView({ block: "center" }), []);
  const places = placesOf(text, passages.map((passage) => passage.text));
  const [foundFirst] = places;
  const pieces = [];
  let end = 0;
  for (const place of places.toSorted((a, b) => a.from - b.from)) {
    if (place.from < end) continue;
    pieces.push(text.slice(end, place.from));
    pieces.push(html`<mark ref=${place === foundFirst ? first : undefined}>${text.slice(place.from, place.to)}</mark>`);
    end = place.to;
  }
  return [...pieces, text.slice(end)];
}
