// When something is due: a rhythm in fields, and the next times as the server reckons them.
import { html, useEffect, useState } from "../../lib/preact.js";
import { api } from "../../net/api.js";
import { changedRhythm, nameOfDay, RHYTHMS, WEEKDAYS } from "../../state/cron.js";
import { Field } from "../field.js";
import { Moment } from "./times.js";

const PAUSE = 300; // ms without a change, before the server is asked

/** `problem` is what the server says is wrong with the cron expression. */
export function Rhythm({ rhythm, problem, onChange }) {
  const change = (fields) => onChange(changedRhythm(rhythm, fields));
  const { kind } = rhythm;
  return html`<fieldset class="rhythm" aria-label="How often">
    <div class="field-row">
      <${Field} label="How often" value=${kind} options=${RHYTHMS.map((one) => ({ value: one.kind, label: one.label }))} onChange=${({ target }) => change({ kind: target.value })} />
      ${kind === "monthly" && html`<${Field} label="On day" type="number" min="1" max="31" value=${rhythm.day} onInput=${({ target }) => change({ day: Number(target.value) })} />`}
      ${kind === "hourly" && html`<${Field} label="Minutes past" type="number" min="0" max="59" value=${rhythm.minute} onInput=${({ target }) => change({ minute: Number(target.value) })} />`}
      ${!["hourly", "custom"].includes(kind) && html`<${Field} label="At" type="time" value=${rhythm.time} required onInput=${({ target }) => change({ time: target.value })} />`}
      ${
        kind === "custom" &&
        html`<${Field}
          label="Cron expression"
          class="rhythm__cron"
          value=${rhythm.cron}
          problem=${problem}
          hint="Minute, hour, day of the month, month, weekday: */15 9-17 * * 1-5"
          maxlength="100"
          spellcheck=${false}
          onInput=${({ target }) => change({ cron: target.value })}
        />`
      }
    </div>
    ${kind === "weekly" && html`<${Weekdays} days=${rhythm.days} onChange=${(days) => change({ days })} />`}
    ${kind === "monthly" && rhythm.day > 28 && html`<p class="settings__hint">Months without a day ${rhythm.day} are left out.</p>`}
    ${kind !== "custom" && problem && html`<p class="field__error" role="alert">${problem}</p>`}
  </fieldset>`;
}

function Weekdays({ days, onChange }) {
  const toggle = (day, on) => onChange(on ? [...days, day] : days.filter((one) => one !== day));
  return html`<fieldset class="weekdays">
    <legend class="visually-hidden">On which days</legend>
    ${WEEKDAYS.map(
      (day) =>
        html`<label class="weekday" key=${day}>
          <input type="checkbox" aria-label=${nameOfDay(day, { style: "long" })} checked=${days.includes(day)} onChange=${({ target }) => toggle(day, target.checked)} />
          <span aria-hidden="true">${nameOfDay(day)}</span>
        </label>`,
    )}
    ${days.length === 0 && html`<p class="field__error">Choose at least one day.</p>`}
  </fieldset>`;
}

/**
 * The next times of a `timing` (see `timingOf`): `{times, text, error}`, of the server, which is asked when nothing changes for a
 * moment. Nothing is known while something is missing (`null`).
 */
export function useTimes(timing) {
  const [found, setFound] = useState({});
  const said = JSON.stringify(timing);
  useEffect(() => {
    if (!timing) {
      setFound({});
      return undefined;
    }
    const asking = new AbortController();
    const timer = setTimeout(async () => {
      try {
        setFound(await api.previewSchedule(timing, { signal: asking.signal }));
      } catch (error) {
        if (error.name !== "AbortError") setFound({ error });
      }
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      asking.abort();
    };
  }, [said]);
  return found;
}

/** `isCustom`: the server says in words what the expression means. */
export function NextTimes({ found: { times, text, error }, zone, isCustom }) {
  if (error && Object.keys(error.fields).length === 0) return html`<p class="field__error" role="alert">${error.message}</p>`;
  if (!times) return html`<p class="settings__hint next-times" role="status">The next times are shown here.</p>`;
  if (times.length === 0) return html`<p class="notice" role="status">It would never be due again.</p>`;
  return html`<div class="next-times">
    ${isCustom && text && html`<p>${text}</p>`}
    <h4>The next times</h4>
    <ol aria-label="The next times">${times.map((at) => html`<li key=${at}><${Moment} at=${at} zone=${zone} /></li>`)}</ol>
  </div>`;
}
