// What comes in from a file: looked at first, then brought in, without doubles.
import { html, useEffect, useRef, useState } from "../../lib/preact.js";
import { api } from "../../net/api.js";
import { countsOf, saidCounts, SOURCES, wanted } from "../../state/exchange.js";
import { Dialog } from "../dialog.js";
import { Field } from "../field.js";
import { size } from "../format.js";
import { Icon } from "../icons.js";
import { ImportTable } from "./import-table.js";

const ACCEPTED = ".json,.zip,application/json,application/zip";
const OPTIONS = Object.entries(SOURCES).map(([value, label]) => ({ value, label }));

export function ImportDialog({ workspace, onClose }) {
  const [file, setFile] = useState(null);
  const [source, setSource] = useState("auto");
  const [copies, setCopies] = useState(false); // of what has changed since it came in
  const [found, setFound] = useState(null); // the dry run
  const [done, setDone] = useState(null); // the import
  const [busy, setBusy] = useState("");
  const [problem, setProblem] = useState("");
  const under = useRef(null);
  useEffect(() => () => under.current?.abort(), []);
  const ask = async (said, chosen, fields) => {
    under.current?.abort();
    const asking = new AbortController();
    under.current = asking;
    setBusy(said);
    setProblem("");
    try {
      return await api.importFile(chosen, fields, { signal: asking.signal });
    } catch (error) {
      if (error.name !== "AbortError") setProblem(error.message);
      return null;
    } finally {
      if (under.current === asking) setBusy("");
    }
  };
  const look = async (chosen, from) => {
    setFile(chosen);
    setSource(from);
    setFound(null);
    setDone(null);
    if (chosen) setFound(await ask("Looking at the file …", chosen, { dry_run: true, source: from }));
  };
  const bringIn = async () => {
    const report = await ask("Bringing it in …", file, { dry_run: false, source: found.source, changed: copies ? "copy" : "skip" });
    if (!report) return;
    setDone(report);
    workspace.list.refresh();
  };
  const report = done ?? found;
  const counts = report && countsOf(report);
  const many = found && wanted(found, { copies });
  return html`<${Dialog} title="Import conversations" onClose=${onClose} class="dialog--wide">
    <div class="settings">
      ${!file && html`<${ChooseFile} onChoose=${(chosen) => look(chosen, source)} />`}
      ${
        file &&
        html`<div class="import__file">
          <${Icon} name="document" size=${18} />
          <p class="row__text"><span dir="auto">${file.name}</span><span class="row__note">${size(file.size)}</span></p>
          ${!done && html`<button type="button" class="button button--small" onClick=${() => look(null, "auto")}>Another file</button>`}
        </div>`
      }
      ${file && !done && html`<${Field} label="Where it is from" value=${report?.source ?? source} options=${OPTIONS} disabled=${Boolean(busy)} onChange=${({ target }) => look(file, target.value)} />`}
      ${busy && html`<p class="import__busy" role="status"><span class="import__bar" aria-hidden="true"></span>${busy}</p>`}
      ${problem && html`<p class="alert" role="alert">${problem}</p>`}
      ${
        report &&
        html`<p class="import__summary" role="status">
          ${done ? html`<strong>Done.</strong> ${broughtIn(done)}` : html`${report.threads.length} ${report.threads.length === 1 ? "conversation" : "conversations"}: ${saidCounts(counts)}.`}
        </p>`
      }
      ${report && report.threads.length > 0 && html`<${ImportTable} report=${report} done=${Boolean(done)} workspace=${workspace} onClose=${onClose} />`}
      ${
        found &&
        !done &&
        counts.changed > 0 &&
        html`<label class="check">
          <input type="checkbox" checked=${copies} onChange=${({ target }) => setCopies(target.checked)} />
          Bring in what has changed as a copy. What is here stays as it is either way.
        </label>`
      }
      <div class="dialog__actions">
        <button type="button" class="button" onClick=${onClose}>${done ? "Close" : "Cancel"}</button>
        ${
          found &&
          !done &&
          html`<button type="button" class="button button--primary" disabled=${Boolean(busy) || many === 0} onClick=${bringIn}>
            <${Icon} name="upload" size=${15} /> ${many === 0 ? "Nothing to import" : `Import ${many}`}
          </button>`
        }
      </div>
    </div>
  <//>`;
}

function broughtIn({ threads }) {
  const came = threads.filter(({ brought }) => brought).length;
  return `${came} ${came === 1 ? "conversation was" : "conversations were"} brought in.`;
}

function ChooseFile({ onChoose }) {
  const input = useRef(null);
  const [dragging, setDragging] = useState(false);
  const pick = ({ target }) => target.files[0] && onChoose(target.files[0]);
  const drop = (event) => {
    event.preventDefault();
    setDragging(false);
    if (event.dataTransfer.files[0]) onChoose(event.dataTransfer.files[0]);
  };
  const over = (event) => {
    event.preventDefault();
    setDragging(true);
  };
  return html`<div class="drop import__drop ${dragging ? "drop--over" : ""}" onDragOver=${over} onDragLeave=${() => setDragging(false)} onDrop=${drop}>
    <button type="button" class="button" autofocus onClick=${() => input.current.click()}>Choose a file</button>
    <span>An export of Coday, ChatGPT, Claude or Open WebUI, as JSON or ZIP. Or drop it here. Nothing is brought in before you have seen what it is.</span>
    <input ref=${input} class="visually-hidden" type="file" accept=${ACCEPTED} tabindex="-1" aria-hidden="true" onChange=${pick} />
  </div>`;
}
