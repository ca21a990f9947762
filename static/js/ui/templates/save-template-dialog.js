// A template made of runs: named here, then shown, so that what changes each time can become a parameter.
import { html, useState } from "../../lib/preact.js";
import { labelOfRun } from "../../state/outline.js";
import { slugOf } from "../../state/slug.js";
import { Dialog } from "../dialog.js";
import { Field } from "../field.js";

/** `detail` is `{runs}`, in the order in which the template repeats them; `{onDone}` is called once the template is there. */
export function SaveTemplateDialog({ workspace, detail: { runs, onDone }, onClose }) {
  const [draft, setDraft] = useState({});
  const [problems, setProblems] = useState({});
  const [saving, setSaving] = useState(false);
  const name = draft.name ?? suggestedName(runs, workspace);
  const slug = draft.slug ?? slugOf(name);
  const change = (fields) => {
    setDraft({ ...draft, ...fields });
    setProblems({});
  };
  const save = async (event) => {
    event.preventDefault();
    setSaving(true);
    try {
      const { id } = await workspace.templates.create({ name: name.trim(), slug, from_runs: runs.map((run) => run.id) });
      onDone?.();
      workspace.dialog("templates", { id });
    } catch (error) {
      setProblems(Object.keys(error.fields).length ? error.fields : { other: error.message });
      setSaving(false);
    }
  };
  const others = Object.entries(problems).filter(([field]) => field !== "name" && field !== "slug");
  const what = runs.length === 1 ? `what run ${runs[0].number} was asked` : `what these ${runs.length} runs were asked, one after the other`;
  return html`<${Dialog} title="Save as template" onClose=${onClose} class="dialog--small">
    <form class="settings" onSubmit=${save}>
      <p class="settings__hint">The template does again ${what}. Next you say what of it changes each time.</p>
      <${Field}
        label="Name"
        value=${name}
        problem=${problems.name}
        maxlength="100"
        required
        autofocus
        onInput=${({ target }) => change({ name: target.value })}
      />
      <${Field}
        label="Short name"
        value=${slug}
        problem=${problems.slug}
        hint="Start it with /template ${slug || "short-name"} while you write."
        maxlength="60"
        pattern="[a-z0-9]+(-[a-z0-9]+)*"
        title="Lower-case letters and digits, in parts that hyphens join: weekly-report"
        required
        onInput=${({ target }) => change({ slug: target.value })}
      />
      ${others.map(([field, message]) => html`<p class="alert" role="alert" key=${field}>${message}</p>`)}
      <div class="dialog__actions">
        <button type="button" class="button" onClick=${onClose}>Cancel</button>
        <button type="submit" class="button button--primary" disabled=${saving || !name.trim() || !slug}>Save</button>
      </div>
    </form>
  <//>`;
}

/** What the first of them is called; nothing of an anonymous conversation, whose masks would stand in it. */
function suggestedName(runs, workspace) {
  const session = workspace.session.value;
  const isMasked = session?.state.value.thread?.anonymous || runs.some(({ thread }) => thread?.anonymous);
  const [first] = runs;
  return isMasked || !(first?.title || first?.label) ? "" : labelOfRun(first).split("\n")[0].slice(0, 60);
}
