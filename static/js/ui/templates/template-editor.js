// One template, to change: what it is called, what it asks for, what it does, with whom it is shared, what it said before.
import { html, useState } from "../../lib/preact.js";
import { slugOf } from "../../state/slug.js";
import { nothing, useStore } from "../../state/store.js";
import { gaps, nameFor, parameterFor, withPlaceRenamed } from "../../state/template-form.js";
import { changesOf, cleaned, makesVersion, newTemplate } from "../../state/templates.js";
import { Field } from "../field.js";
import { GroupsChoice } from "../groups-choice.js";
import { Removal } from "../removal.js";
import { Answerers } from "./answerers.js";
import { CommandList } from "./command-list.js";
import { ParameterList } from "./parameter-list.js";
import { TemplateView } from "./template-view.js";
import { Versions } from "./versions.js";

const SHOWN = ["name", "slug", "description"]; // fields that show what is wrong with them beside themselves
const PATTERN = "[a-z0-9]+(-[a-z0-9]+)*";

/** `id` is `""` for a template that does not exist yet. */
export function TemplateEditor({ id, workspace, onShow }) {
  const template = useStore(id ? workspace.catalogue : nothing, (catalogue) => catalogue?.templates.find((one) => one.id === id));
  if (id && !template) return html`<p class="settings__hint" role="status">There is no such template, or it is not shared with you any more.</p>`;
  if (template && !template.mine) return html`<${TemplateView} template=${template} workspace=${workspace} />`;
  return html`<${Editor} template=${template ?? newTemplate} workspace=${workspace} onShow=${onShow} />`;
}

function Editor({ template, workspace, onShow }) {
  const isNew = !template.id;
  const [draft, change, discard] = useDraft(workspace, template);
  const [fields, setFields] = useState({});
  const [note, setNote] = useState(null);
  const value = (name) => draft[name] ?? template[name] ?? newTemplate[name];
  const slug = draft.slug ?? (isNew ? slugOf(value("name")) : template.slug);
  const changes = changesOf(template, draft);
  const write = (more) => {
    change(more);
    setFields({});
    setNote(null);
  };
  const [commands, parameters] = [value("commands"), value("parameters")];
  const open = gaps({ commands, parameters });
  const define = (name) => write({ parameters: [...parameters, parameterFor(name)] });
  const defineFrom = (put, text) => {
    const name = nameFor(text, parameters.map((one) => one.name));
    write({ commands: put(name), parameters: [...parameters, { ...parameterFor(name), type: "text", default: text, required: false }] });
  };
  const save = async (event) => {
    event.preventDefault();
    const { templates } = workspace;
    try {
      const sent = cleaned({ ...(isNew ? { ...newFields(value), slug } : changes), ...(draft.note && { note: draft.note }) });
      const saved = isNew ? await templates.create(sent) : await templates.update(template.id, sent);
      discard();
      setNote({ text: makesVersion(changes) && !isNew ? `Saved as version ${saved.version}.` : "Saved." });
      if (isNew) onShow(saved.id);
    } catch (error) {
      setFields(error.fields ?? {});
      setNote(SHOWN.some((name) => error.fields?.[name]) ? null : { text: error.message, isError: true });
    }
  };
  const bound = (name) => ({ value: value(name), problem: fields[name], onInput: ({ target }) => write({ [name]: target.value }) });
  const isChanged = Object.keys(changes).length > 0 || isNew;
  return html`<form class="settings template-editor" aria-label="Template" onSubmit=${save}>
    <div class="field-row">
      <${Field} ...${bound("name")} label="Name" maxlength="100" placeholder="Weekly report" required />
      <${Field}
        label="Short name"
        value=${slug}
        problem=${fields.slug}
        onInput=${({ target }) => write({ slug: target.value })}
        maxlength="60"
        pattern=${PATTERN}
        title="Lower-case letters and digits, in parts that hyphens join: weekly-report"
        required
      />
    </div>
    <${Field} ...${bound("description")} label="What it is for" maxlength="500" />
    <section aria-labelledby="template-commands">
      <h3 id="template-commands">What it does</h3>
      <${CommandList}
        commands=${commands}
        parameters=${parameters}
        workspace=${workspace}
        self=${template.id}
        onChange=${(next) => write({ commands: next })}
        onDefine=${defineFrom}
      />
      ${
        commands.length > 1 &&
        html`<${Field}
          class="template-editor__policy"
          label="If one of them fails"
          value=${value("on_failure")}
          options=${[
            { value: "stop", label: "leave out the rest" },
            { value: "continue", label: "go on with the next" },
          ]}
          onChange=${({ target }) => write({ on_failure: target.value })}
        />`
      }
    </section>
    <section aria-labelledby="template-parameters">
      <h3 id="template-parameters">What it asks for</h3>
      <${ParameterList}
        parameters=${parameters}
        gaps=${open}
        problem=${fields.parameters}
        onChange=${(next) => write({ parameters: next })}
        onRename=${(next, from, to) => write({ parameters: next, commands: withPlaceRenamed(commands, from, to) })}
        onDefine=${define}
      />
    </section>
    <${Answerers} workspace=${workspace} agent=${value("agent")} model=${value("model")} onChange=${write} />
    <${GroupsChoice} groups=${value("groups")} offered=${workspace.user.groups ?? []} onChange=${(groups) => write({ groups })} />
    ${
      !isNew &&
      makesVersion(changes) &&
      html`<${Field}
        label="What is new in it?"
        value=${draft.note ?? ""}
        hint="This makes version ${template.version + 1}. The note stands in the list of versions."
        maxlength="300"
        onInput=${({ target }) => write({ note: target.value })}
      />`
    }
    <div class="settings__save template-editor__save">
      <button type="submit" class="button button--primary" disabled=${!isChanged}>${isNew ? "Make the template" : "Save"}</button>
      ${!isNew && !isChanged && html`<button type="button" class="button" onClick=${() => workspace.dialog("start-template", { id: template.id })}>Start …</button>`}
      ${isChanged && Object.keys(draft).length > 0 && html`<button type="button" class="button button--quiet" onClick=${discard}>Discard</button>`}
      <span role="status" class=${note?.isError ? "settings__note settings__note--error" : "settings__note"}>${note?.text ?? ""}</span>
    </div>
    ${!isNew && html`<${Versions} template=${template} workspace=${workspace} onRestored=${(text) => setNote({ text })} />`}
    ${
      !isNew &&
      html`<${Removal}
        ask="Delete this template"
        question="Delete this template?"
        onRemove=${async () => {
          await workspace.templates.remove(template.id);
          workspace.toast("The template was deleted.");
          onShow(null);
        }}
      >
        “${template.name}” and all its versions will be gone for good.
        ${template.schedules > 0 && " Schedules that start it will stop."} To keep it out of the way, archive it.
      <//>`
    }
  </form>`;
}

const newFields = (value) =>
  Object.fromEntries(["name", "description", "groups", "parameters", "commands", "on_failure", "agent", "model"].map((name) => [name, value(name)]));

/** `[draft, change, discard]`: what differs from the template, kept until it is saved or discarded. */
function useDraft(workspace, template) {
  const key = `edit ${template.id}`;
  const { drafts } = workspace.templates;
  const [draft, setDraft] = useState(drafts.get(key) ?? {});
  const keep = (next) => {
    if (next) drafts.set(key, next);
    else drafts.delete(key);
    setDraft(next ?? {});
  };
  return [draft, (fields) => keep({ ...draft, ...fields }), () => keep(null)];
}
