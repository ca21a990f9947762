// The sources of a skill: what can be looked up in it. Own ones are added, refreshed and removed.
import { html, useRef, useState } from "../../lib/preact.js";
import { api } from "../../net/api.js";
import { moment, wholeNumber } from "../format.js";
import { Icon, IconButton } from "../icons.js";

const KINDS = { text: "Text", markdown: "Markdown", pdf: "PDF", docx: "Word", html: "HTML", page: "Web page" };
const ACCEPTED = ".pdf,.docx,.html,.htm,.md,.markdown,.txt";

const WAYS = [
  ["file", "File"],
  ["page", "Web page"],
  ["text", "Text"],
];

export function Sources({ skill, onChanged }) {
  const [pending, setPending] = useState([]); // what is being read: `[{key, name}]`
  const [problems, setProblems] = useState([]);

  /** Adds or refreshes a source; `name` is what people see while it is read. Whether it worked. */
  const attempt = async (name, request) => {
    const key = Math.random();
    setPending((all) => [...all, { key, name }]);
    try {
      await request();
      await onChanged();
      return true;
    } catch (error) {
      setProblems((all) => [...all, { key, text: `${name}: ${error.message}` }]);
      return false;
    } finally {
      setPending((all) => all.filter((one) => one.key !== key));
    }
  };
  const dismiss = (key) => setProblems((all) => all.filter((one) => one.key !== key));

  const { sources = [] } = skill;
  return html`<section class="sources" aria-labelledby="skill-sources">
    <h3 id="skill-sources">Sources</h3>
    ${
      sources.length + pending.length > 0
        ? html`<ul class="rows" aria-label="Sources">
            ${sources.map((source) => html`<${Source} key=${source.id} skill=${skill} source=${source} attempt=${attempt} />`)}
            ${pending.map(
              ({ key, name }) =>
                html`<li key=${key} class="row row--pending" role="status">
                  <${Icon} name="clock" size=${16} />
                  <p class="row__text">${name}<span class="row__note">Being read …</span></p>
                </li>`,
            )}
          </ul>`
        : html`<p class="settings__hint">${skill.own ? "None yet. What you add here, agents can search and cite." : "None."}</p>`
    }
    ${problems.map(
      ({ key, text }) =>
        html`<div class="refusal" role="alert" key=${key}>
          <${Icon} name="warning" size=${16} />
          <p>${text}</p>
          <${IconButton} name="close" size=${14} label="Dismiss" onClick=${() => dismiss(key)} />
        </div>`,
    )}
    ${skill.own && html`<${NewSource} slug=${skill.slug} attempt=${attempt} />`}
  </section>`;
}

function Source({ skill, source, attempt }) {
  const { id, title, kind, url, error } = source;
  const remove = () => attempt(title, () => api.removeSource(skill.slug, id));
  const refresh = () => attempt(title, () => api.refreshSource(skill.slug, id));
  return html`<li class="row ${error ? "row--broken" : ""}">
    <${Icon} name=${error ? "warning" : url ? "globe" : "document"} size=${16} />
    <p class="row__text" dir="auto">
      ${url ? html`<a href=${url} target="_blank" rel="noopener noreferrer">${title}</a>` : title}
      <span class="row__note">${error || [KINDS[kind] ?? kind, ...factsOf(source)].join(", ")}</span>
    </p>
    ${
      skill.own &&
      html`${url && html`<${IconButton} name="redo" size=${16} label="Read again: ${title}" onClick=${refresh} />`}
        <${IconButton} name="trash" size=${16} label="Remove ${title}" onClick=${remove} />`
    }
  </li>`;
}

function factsOf({ characters, fetched_at: fetched }) {
  return [`${wholeNumber(characters)} characters`, fetched && `read ${moment(fetched)}`].filter(Boolean);
}

function NewSource({ slug, attempt }) {
  const [way, setWay] = useState("file");
  return html`<div class="new-source">
    <fieldset class="segments">
      <legend class="visually-hidden">Add a source</legend>
      ${WAYS.map(
        ([value, label]) =>
          html`<label class="segment" key=${value}>
            <input type="radio" name="source" checked=${way === value} onChange=${() => setWay(value)} /><span>${label}</span>
          </label>`,
      )}
    </fieldset>
    ${way === "file" && html`<${FileSource} slug=${slug} attempt=${attempt} />`}
    ${way === "page" && html`<${PageSource} slug=${slug} attempt=${attempt} />`}
    ${way === "text" && html`<${TextSource} slug=${slug} attempt=${attempt} />`}
  </div>`;
}

function FileSource({ slug, attempt }) {
  const input = useRef(null);
  const [dragging, setDragging] = useState(false);
  const add = async (files) => {
    for (const file of files) await attempt(file.name, () => api.uploadSource(slug, file));
  };
  const pick = async ({ target }) => {
    const files = [...target.files];
    target.value = "";
    await add(files);
  };
  const drop = (event) => {
    event.preventDefault();
    setDragging(false);
    add([...event.dataTransfer.files]);
  };
  const over = (event) => {
    event.preventDefault();
    setDragging(true);
  };
  return html`<div
    class="drop ${dragging ? "drop--over" : ""}"
    onDragOver=${over}
    onDragLeave=${() => setDragging(false)}
    onDrop=${drop}
  >
    <button type="button" class="button" onClick=${() => input.current.click()}>Choose files</button>
    <span>PDF, Word (.docx), HTML, Markdown or text. Or drop them here.</span>
    <input ref=${input} class="visually-hidden" type="file" multiple accept=${ACCEPTED} tabindex="-1" aria-hidden="true" onChange=${pick} />
  </div>`;
}

function PageSource({ slug, attempt }) {
  const add = async (event) => {
    event.preventDefault();
    const form = event.target;
    const url = new FormData(form).get("url").trim();
    if (await attempt(url, () => api.addSource(slug, { url }))) form.reset();
  };
  return html`<form class="field-row field-row--end" aria-label="Add a web page" onSubmit=${add}>
    <div class="field">
      <label for="source-url">Address of the page</label>
      <input id="source-url" name="url" type="url" placeholder="https://" autocomplete="off" required />
    </div>
    <button type="submit" class="button">Add</button>
  </form>`;
}

function TextSource({ slug, attempt }) {
  const add = async (event) => {
    event.preventDefault();
    const form = event.target;
    const { title, text } = Object.fromEntries(new FormData(form));
    if (await attempt(title, () => api.addSource(slug, { title, text }))) form.reset();
  };
  return html`<form class="text-source" aria-label="Add a text" onSubmit=${add}>
    <div class="field">
      <label for="source-title">Title</label>
      <input id="source-title" name="title" maxlength="200" autocomplete="off" required />
    </div>
    <div class="field">
      <label for="source-text">Text</label>
      <textarea id="source-text" name="text" rows="5" dir="auto" required></textarea>
    </div>
    <button type="submit" class="button">Add</button>
  </form>`;
}
