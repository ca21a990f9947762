// One skill: what it is called, when it is useful, what to do, with whom it is shared, and its sources.
import { html, useEffect, useState } from "../../lib/preact.js";
import { api } from "../../net/api.js";
import { slugOf } from "../../state/slug.js";
import { Field } from "../field.js";
import { GroupsChoice } from "../groups-choice.js";
import { Removal } from "../removal.js";
import { Switch } from "../settings/switch.js";
import { Sources } from "./sources.js";

const NEW = Object.freeze({ slug: "", name: "", trigger: "", instructions: "", groups: [], enabled: true, own: true });
const SHOWN = ["slug", "name", "trigger", "instructions"]; // fields that show what is wrong with them beside themselves

/** `slug` is `""` for a skill that does not exist yet. */
export function SkillEditor({ slug, workspace, onShow }) {
  const [skill, setSkill] = useState(slug ? null : NEW);
  const [problem, setProblem] = useState("");
  const load = async () => {
    try {
      setSkill(await api.skill(slug));
    } catch (error) {
      setProblem(error.message);
    }
  };
  useEffect(() => {
    if (slug) load();
  }, []);
  if (problem) return html`<p class="alert" role="alert">${problem}</p>`;
  if (!skill) return html`<p class="settings__hint" role="status">One moment …</p>`;
  const changed = () => Promise.all([load(), workspace.loadSkills()]);
  return html`<div class="settings">
    ${
      skill.own
        ? html`<${SkillForm} skill=${skill} workspace=${workspace} onSaved=${setSkill} onShow=${onShow} />`
        : html`<${SkillView} skill=${skill} />`
    }
    ${slug && html`<${Sources} skill=${skill} onChanged=${changed} />`}
    ${slug && skill.own && html`<${End} skill=${skill} workspace=${workspace} onRemoved=${() => onShow(null)} />`}
  </div>`;
}

function SkillForm({ skill, workspace, onSaved, onShow }) {
  const [draft, setDraft] = useState({});
  const [note, setNote] = useState(null);
  const [fields, setFields] = useState({});
  const isNew = !skill.slug;
  const value = (name) => draft[name] ?? skill[name] ?? "";
  const slug = isNew ? (draft.slug ?? slugOf(value("name"))) : skill.slug;
  const change = (changes) => {
    setDraft({ ...draft, ...changes });
    setFields({});
    setNote(null);
  };
  const save = async (event) => {
    event.preventDefault();
    try {
      const saved = isNew
        ? await api.createSkill({ ...draft, slug, instructions: value("instructions") })
        : await api.updateSkill(skill.slug, draft);
      await workspace.loadSkills();
      if (isNew) return onShow(saved.slug);
      onSaved(saved);
      setDraft({});
      setNote({ text: "Saved." });
    } catch (error) {
      setFields(error.fields ?? {});
      const isShown = SHOWN.some((name) => error.fields?.[name]);
      setNote(isShown ? null : { text: error.message, isError: true });
    }
    return undefined;
  };
  const bound = (name) => ({
    value: name === "slug" ? slug : value(name),
    problem: fields[name],
    onInput: ({ target }) => change({ [name]: target.value }),
  });
  return html`<form class="settings" aria-label="Skill" onSubmit=${save}>
    <${Field} ...${bound("name")} label="Name" maxlength="100" placeholder="Income tax" required />
    ${
      isNew &&
      html`<${Field}
        ...${bound("slug")}
        label="Short name"
        hint="Pick it with /${slug || "short-name"} while you write. It stays as it is."
        maxlength="60"
        pattern="[a-z0-9]+(-[a-z0-9]+)*"
        title="Lower-case letters and digits, in parts that hyphens join: income-tax"
        required
      />`
    }
    <${Field}
      ...${bound("trigger")}
      label="When is it useful?"
      hint="Agents read this sentence to decide whether they need the skill."
      placeholder="When the question is about income tax or a tax return."
      maxlength="300"
      required
    />
    <${Field}
      ...${bound("instructions")}
      label="What to do"
      placeholder="Name the paragraph first. Then explain it in plain words …"
      rows="7"
      maxlength="50000"
    />
    <${GroupsChoice} groups=${value("groups") || []} offered=${workspace.user.groups ?? []} onChange=${(groups) => change({ groups })} />
    ${
      !isNew &&
      html`<${Switch}
        label="In use"
        note="While it is off, no agent is told of it and nobody can pick it."
        on=${value("enabled")}
        onChange=${(enabled) => change({ enabled })}
      />`
    }
    <div class="settings__save">
      <button type="submit" class="button button--primary" disabled=${Object.keys(draft).length === 0}>
        ${isNew ? "Make the skill" : "Save"}
      </button>
      <span role="status" class=${note?.isError ? "settings__note settings__note--error" : "settings__note"}
        >${note?.text ?? (isNew ? "Then you can add sources." : "")}</span
      >
    </div>
  </form>`;
}

function SkillView({ skill }) {
  return html`<section class="skill-view" aria-label="Skill">
    <h3>When it is useful</h3>
    <p dir="auto">${skill.trigger}</p>
    ${
      skill.instructions &&
      html`<h3>What to do</h3>
        <pre tabindex="0" dir="auto">${skill.instructions}</pre>`
    }
  </section>`;
}

function End({ skill, workspace, onRemoved }) {
  const remove = async () => {
    try {
      await api.deleteSkill(skill.slug);
    } catch (error) {
      if (error.status !== 404) throw error;
    }
    onRemoved();
    workspace.toast("The skill was deleted.");
    await workspace.loadSkills();
  };
  return html`<${Removal} ask="Delete this skill" question="Delete this skill?" onRemove=${remove}>
    “${skill.name}” and its sources will be gone for good.
  <//>`;
}
