// A schedule, to make or to change: what is started, when, where, and what becomes of missed times.
import { html, useRef, useState } from "../../lib/preact.js";
import { formOfSchedule, scheduleFrom, timingOf } from "../../state/schedules.js";
import { useStore } from "../../state/store.js";
import { startable } from "../../state/template-command.js";
import { allZones } from "../../state/zones.js";
import { Field } from "../field.js";
import { useTitle } from "../masks.js";
import { useArguments } from "../templates/use-arguments.js";
import { AnswerFields } from "../tools/answer-fields.js";
import { focusFirstInvalid } from "../tools/form-keys.js";
import { NextTimes, Rhythm, useTimes } from "./rhythm.js";

const ZONES = allZones().map((zone) => ({ value: zone, label: zone.replaceAll("_", " ") }));
const MISSED = [
  { value: "skip", label: "note it and leave it out" },
  { value: "once", label: "make up for it, once" },
];

/** `schedule` is absent for a new one; `begin` says of which `template`. `onSaved(id)` shows it. */
export function ScheduleEditor({ workspace, schedule, begin, onSaved }) {
  const { drafts } = workspace.schedules;
  const key = schedule?.id ?? "";
  const [form, setForm] = useState(() => drafts.get(key) ?? formOfSchedule(schedule, { template: begin?.template }));
  const [problems, setProblems] = useState({});
  const [note, setNote] = useState("");
  const node = useRef(null);
  const templates = useStore(workspace.catalogue, (catalogue) => catalogue.templates);
  const template = templates.find(({ id }) => id === form.template);
  const change = (fields) => {
    const next = { ...form, ...fields };
    drafts.set(key, next);
    setForm(next);
    setProblems({});
    setNote("");
  };
  const filled = useArguments({
    template,
    given: schedule?.template?.id === form.template ? schedule.arguments : {},
    kept: form.held,
    onHold: (held) => change({ held }),
  });
  const timing = timingOf(form);
  const found = useTimes(timing);
  const wrong = { ...found.error?.fields, ...problems };
  const name = form.name || template?.name || "";
  const save = async (event) => {
    event.preventDefault();
    filled.refuse(null);
    if (!filled.isWhole || !timing || !template) return focusFirstInvalid(node.current);
    try {
      const { schedules } = workspace;
      const sent = scheduleFrom({ ...form, name }, filled.content);
      const saved = schedule ? await schedules.update(schedule.id, sent) : await schedules.create(sent);
      drafts.delete(key);
      workspace.toast(schedule ? "The schedule was changed." : "The schedule was made.");
      onSaved(saved.id);
    } catch (error) {
      setProblems(error.fields ?? {});
      filled.refuse(error);
      if (Object.keys(error.fields ?? {}).length === 0) setNote(error.message);
      focusFirstInvalid(node.current);
    }
  };
  const bound = (field, of = field) => ({ value: form[field], problem: wrong[of], onInput: ({ target }) => change({ [field]: target.value }) });
  return html`<form class="settings" aria-label="Schedule" ref=${node} noValidate onSubmit=${save}>
    <${Field}
      label="Starts the template"
      value=${form.template}
      problem=${wrong.template}
      options=${choices(templates, form.template)}
      onChange=${({ target }) => change({ template: target.value, version: null, held: null })}
    />
    <${Field} ...${bound("name")} label="Name" placeholder=${template?.name ?? ""} maxlength="100" />
    ${
      filled.form.fields.length > 0 &&
      html`<section aria-labelledby="schedule-arguments">
        <h3 id="schedule-arguments">What the template asks for</h3>
        <${AnswerFields} form=${filled.form} held=${filled.held} errors=${filled.errors} onHold=${filled.hold} />
      </section>`
    }
    <section class="schedule__when" aria-labelledby="schedule-when">
      <h3 id="schedule-when">When</h3>
      <${Rhythm} rhythm=${form.rhythm} problem=${wrong.cron} onChange=${(rhythm) => change({ rhythm })} />
      <${Field} label="On the clocks of" value=${form.zone} problem=${wrong.time_zone} options=${withZone(form.zone)} onChange=${({ target }) => change({ zone: target.value })} />
      <div class="field-row schedule__limits">
        <${Field} ...${bound("starts", "starts_at")} label="Not before" type="datetime-local" />
        <${Field} ...${bound("ends", "ends_at")} label="Until" type="datetime-local" />
      </div>
      <${NextTimes} found=${found} zone=${form.zone} isCustom=${form.rhythm.kind === "custom"} />
    </section>
    <${Where} workspace=${workspace} form=${form} begin=${begin} onChange=${change} />
    <${Field} label="If a time is missed" hint="Because nothing was running here, for example." value=${form.missed} options=${MISSED} onChange=${({ target }) => change({ missed: target.value })} />
    ${(note || filled.trouble) && html`<p class="alert" role="alert">${note || filled.trouble}</p>`}
    <div class="settings__save">
      <button type="submit" class="button button--primary" disabled=${!template || !timing}>${schedule ? "Save" : "Make the schedule"}</button>
    </div>
  </form>`;
}

function choices(templates, chosen) {
  const offered = startable(templates).toSorted((a, b) => a.name.localeCompare(b.name));
  const isGone = chosen && !offered.some(({ id }) => id === chosen);
  const known = offered.map(({ id, name, mine, owner }) => ({ value: id, label: mine ? name : `${name} (by ${owner})` }));
  return [{ value: "", label: "Choose …" }, ...known, ...(isGone ? [{ value: chosen, label: "(not there any more)" }] : [])];
}

const withZone = (zone) => (ZONES.some(({ value }) => value === zone) ? ZONES : [{ value: zone, label: zone }, ...ZONES]);

/** A new conversation each time, or one that there is: the one that is open, or that it goes into already. */
function Where({ workspace, form, begin, onChange }) {
  const open = workspace.session.value?.state.value.thread;
  const thread = form.thread ?? begin?.thread ?? open?.id;
  const listed = useStore(workspace.list.store, ({ threads }) => threads[thread]);
  const known = open?.id === thread ? open : listed;
  if (!thread) return null;
  const option = (isOwn, label) =>
    html`<label class="option ${form.ownThread === isOwn ? "option--checked" : ""}">
      <input type="radio" name="schedule-where" checked=${form.ownThread === isOwn} onChange=${() => onChange({ ownThread: isOwn, thread: isOwn ? form.thread : thread })} />
      <span class="option__text">${label}</span>
    </label>`;
  return html`<fieldset class="settings__choice">
    <legend>Where its runs go</legend>
    ${option(true, "A new conversation each time")}
    ${option(false, known ? html`Always “<${Named} workspace=${workspace} thread=${known} />”` : "Always the same conversation")}
  </fieldset>`;
}

const Named = ({ workspace, thread }) => useTitle(workspace, thread);
