// What is taken away as a file: of what, in which form, and with which names in it.
import { html, useEffect, useRef, useState } from "../../lib/preact.js";
import { exported, nameOfFile, readFile } from "../../state/exchange.js";
import { Dialog } from "../dialog.js";
import { size } from "../format.js";
import { Icon } from "../icons.js";
import { Choice } from "./choice.js";
import { saveFile } from "./save-file.js";

const FORMATS = [
  { value: "json", label: "JSON", note: "Everything, so that it can be imported again." },
  { value: "markdown", label: "Markdown", note: "To read and to pass on." },
];

const BRANCHES = [
  { value: "shown", label: "The branch that is shown" },
  { value: "all", label: "All branches", note: "Also what stands beside it: other attempts, and what followed them." },
];

const MASKS = [
  { value: "keep", label: "Keep the masks", note: "Tokens such as PERSON_1 stand for people. What they stand for is not in the file." },
  { value: "reveal", label: "Put the real values in", note: "Whoever gets the file reads names, addresses and numbers." },
];

/** `detail`: `{run}`, `{thread}`, `{runs}` or `{threads}` (objects), or `{everything: true}`. */
export function ExportDialog({ workspace, detail, onClose }) {
  const [format, setFormat] = useState("json");
  const [branch, setBranch] = useState("shown");
  const [masks, setMasks] = useState("keep");
  const [bytes, setBytes] = useState(null); // that have come, while it is under way
  const [problem, setProblem] = useState("");
  const under = useRef(null);
  useEffect(() => () => under.current?.abort(), []);
  const { title, what, mayBeMasked } = subjectOf(detail, workspace);
  const submit = async (event) => {
    event.preventDefault();
    const asking = new AbortController();
    under.current = asking;
    setProblem("");
    setBytes(0);
    try {
      const response = await exported({ ...what, ...(what.thread && { branch }) }, { format, masks }, { signal: asking.signal });
      const file = await readFile(response, setBytes);
      const name = nameOfFile(response.headers.get("Content-Disposition"), `coday.${format === "json" ? "json" : "md"}`);
      saveFile(file, name);
      workspace.toast(`“${name}” was exported.`);
      onClose();
    } catch (error) {
      if (error.name === "AbortError") return;
      setProblem(error.status === undefined ? "The connection broke before all of it had come. Try again." : error.message);
      setBytes(null);
    }
  };
  return html`<${Dialog} title=${title} onClose=${onClose} class="dialog--small">
    <form class="settings" onSubmit=${submit}>
      <${Choice} name="export-format" legend="Form" options=${FORMATS} value=${format} onChange=${setFormat} />
      ${what.thread && html`<${Choice} name="export-branch" legend="Which part" options=${BRANCHES} value=${branch} onChange=${setBranch} />`}
      ${mayBeMasked && html`<${Choice} name="export-masks" legend=${what.everything ? "In anonymous conversations" : "Personal data"} options=${MASKS} value=${masks} onChange=${setMasks} />`}
      ${
        mayBeMasked &&
        masks === "reveal" &&
        html`<p class="notice export__warning" role="status">
          <${Icon} name="warning" size=${16} />
          <span>The file will hold personal data in clear. Keep it where only those can read it who may, and delete it when you are done.</span>
        </p>`
      }
      ${problem && html`<p class="alert" role="alert">${problem}</p>`}
      <div class="dialog__actions">
        <span class="settings__note export__progress" role="status">${bytes === null ? "" : bytes ? `${size(bytes)} so far …` : "One moment …"}</span>
        <button type="button" class="button" onClick=${onClose}>Cancel</button>
        <button type="submit" class="button button--primary" disabled=${bytes !== null}><${Icon} name="download" size=${15} /> Export</button>
      </div>
    </form>
  <//>`;
}

/** `{title, what, mayBeMasked}`: `what` as `exported` takes it. */
function subjectOf({ run, thread, runs, threads, everything }, workspace) {
  const open = workspace.session.value?.state.value.thread;
  const isMasked = ({ thread_id: id, thread: of }) => of?.anonymous ?? (open?.id === id ? open.anonymous : true);
  if (run) return { title: `Export run ${run.number}`, what: { run: run.id }, mayBeMasked: isMasked(run) };
  if (thread) return { title: "Export the conversation", what: { thread: thread.id }, mayBeMasked: thread.anonymous };
  if (runs) return { title: many(runs, "run"), what: { runs: runs.map(({ id }) => id) }, mayBeMasked: runs.some(isMasked) };
  if (threads) return { title: many(threads, "conversation"), what: { threads: threads.map(({ id }) => id) }, mayBeMasked: threads.some(({ anonymous }) => anonymous) };
  return { title: "Export everything", what: { everything }, mayBeMasked: true };
}

const many = (list, word) => `Export ${list.length} ${word}${list.length === 1 ? "" : "s"}`;
