// How a person is told that a run has ended or waits: notes of this browser, and messages to servers of their own.
import { html, useEffect, useState } from "../../lib/preact.js";
import { api } from "../../net/api.js";
import { permission } from "../../state/notifications.js";
import { useStore } from "../../state/store.js";
import { copyText } from "../clipboard.js";
import { moment } from "../format.js";
import { IconButton } from "../icons.js";
import { Switch } from "./switch.js";

const EVENTS = [
  ["completed", "Completed"],
  ["failed", "Failed"],
  ["cancelled", "Cancelled"],
  ["interrupted", "Interrupted"],
  ["waiting", "Waits for you"],
];

export function NotificationSettings({ workspace }) {
  const [targets, setTargets] = useState(null);
  const [made, setMade] = useState(null);
  const [problem, setProblem] = useState("");

  /** Does something, then reads the targets again; what it gave, or `null` where it was refused. */
  const attempt = async (request = () => true) => {
    setProblem("");
    try {
      const given = await request();
      setTargets((await api.notificationTargets()).results);
      return given ?? true;
    } catch (error) {
      setProblem(error.message);
      return null;
    }
  };
  useEffect(() => {
    attempt();
  }, []);

  const add = async (event) => {
    event.preventDefault();
    const form = event.target;
    const fields = new FormData(form);
    const events = fields.getAll("events");
    const target = await attempt(() => api.addNotificationTarget({ name: fields.get("name"), url: fields.get("url"), events }));
    if (!target) return;
    setMade(target);
    form.reset();
  };
  return html`<div class="settings">
    <${BrowserNotes} notifications=${workspace.notifications} />
    <section class="settings" aria-label="Servers that are told">
      <h3>Servers that are told</h3>
      <p class="settings__hint">
        Each gets a signed message (Standard Webhooks) when a run of yours ends or waits for you: which run it is and how it
        stands, never what was said.
      </p>
      ${problem && html`<p class="alert" role="alert">${problem}</p>`}
      ${made && html`<${Secret} secret=${made.secret} workspace=${workspace} />`}
      ${
        targets?.length > 0 &&
        html`<ul class="rows" aria-label="Servers">
          ${targets.map((target) => html`<${Target} key=${target.id} target=${target} attempt=${attempt} workspace=${workspace} />`)}
        </ul>`
      }
      <form class="settings" aria-label="New server" onSubmit=${add}>
        <div class="field">
          <label for="target-name">Name</label>
          <input id="target-name" name="name" maxlength="100" autocomplete="off" required />
        </div>
        <div class="field">
          <label for="target-url">Address</label>
          <input id="target-url" name="url" type="url" maxlength="500" autocomplete="off" placeholder="https://…" required />
        </div>
        <fieldset class="settings__choice target-events">
          <legend>When a run is</legend>
          ${EVENTS.map(
            ([name, label]) =>
              html`<label key=${name}><input type="checkbox" name="events" value=${name} defaultChecked=${true} /> ${label}</label>`,
          )}
        </fieldset>
        <div><button type="submit" class="button">Add</button></div>
      </form>
    </section>
  </div>`;
}

function BrowserNotes({ notifications }) {
  const on = useStore(notifications.on);
  const may = permission();
  const why = {
    missing: "This browser has no notes for this page: they need https.",
    denied: "The browser was told to show none for this page. Its own settings can allow them again.",
  }[may];
  return html`<${Switch}
    label="Notes of this browser"
    note=${why ?? "While this page is not seen, you are told when an answer is there, failed, or waits for you."}
    on=${on && may === "granted"}
    disabled=${Boolean(why)}
    onChange=${(wanted) => notifications.choose(wanted)}
  />`;
}

function Secret({ secret, workspace }) {
  const copy = async () =>
    workspace.toast((await copyText(secret)) ? "The secret was copied." : "The browser refused to copy.");
  return html`<div class="new-token" role="status">
    <p>With this secret your server checks signatures. It is shown once.</p>
    <div class="new-token__row">
      <code>${secret}</code><button type="button" class="button button--small" onClick=${copy}>Copy</button>
    </div>
  </div>`;
}

function Target({ target, attempt, workspace }) {
  const [deliveries, setDeliveries] = useState(null);
  const test = async () => {
    const tried = await attempt(() => api.tryNotificationTarget(target.id));
    if (tried) workspace.toast(tried.delivered ? `${target.name} was told.` : tried.error, { kind: tried.delivered ? "note" : "error" });
  };
  const show = () =>
    attempt(async () => setDeliveries(deliveries ? null : (await api.notificationDeliveries(target.id)).results));
  return html`<li>
    <div class="row">
      <p class="row__text" dir="auto">${target.name}<span class="row__note">${target.url}</span>
        <${State} target=${target} />
      </p>
      <button type="button" class="button button--small" aria-label="Test ${target.name}" onClick=${test}>Test</button>
      <${IconButton} name="trash" size=${16} label="Delete: ${target.name}" onClick=${() => attempt(() => api.deleteNotificationTarget(target.id))} />
    </div>
    <${Switch}
      label="Tell ${target.name}"
      on=${target.enabled}
      onChange=${(enabled) => attempt(() => api.changeNotificationTarget(target.id, { enabled }))}
    />
    <button type="button" class="button button--small button--quiet" aria-expanded=${String(Boolean(deliveries))} onClick=${show}>
      What ${target.name} was told
    </button>
    ${deliveries && html`<${Deliveries} deliveries=${deliveries} />`}
  </li>`;
}

function State({ target }) {
  if (target.stopped_because) return html`<span class="row__note row__note--bad">Switched off: ${target.stopped_because}</span>`;
  if (!target.failing_since) return null;
  return html`<span class="row__note row__note--bad">Failing since ${moment(target.failing_since)}: ${target.last_error}</span>`;
}

const LABELS = Object.fromEntries(EVENTS);

function Deliveries({ deliveries }) {
  if (deliveries.length === 0) return html`<p class="empty">Nothing yet.</p>`;
  return html`<ol class="deliveries">
    ${deliveries.map(
      (one) =>
        html`<li key=${one.id}>
          ${LABELS[one.event]}, ${moment(one.created_at)}:
          ${one.delivered_at ? " told" : one.next_at ? ` tried again ${moment(one.next_at)}` : " given up"}
          ${one.error && html`<span class="row__note row__note--bad">${one.error}</span>`}
        </li>`,
    )}
  </ol>`;
}
