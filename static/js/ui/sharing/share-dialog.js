// Shares the open conversation, as it is now, or one run of it: with people, groups, or whoever has a link. And what is shared of it.
import { html, useEffect, useRef, useState } from "../../lib/preact.js";
import { api } from "../../net/api.js";
import { changed, emptyForm, isComplete, lastingOf, mayReveal, requestOf, showsName } from "../../state/sharing.js";
import { copyText } from "../clipboard.js";
import { Dialog } from "../dialog.js";
import { ShareRow } from "./share-row.js";

/** `detail` is `{thread, run}`: a conversation, and the run if it is that alone. */
export function ShareDialog({ workspace, detail: { thread, run }, onClose }) {
  const [made, setMade] = useState(null);
  const [shares, setShares] = useState([]);
  const load = async () => {
    const { results } = await api.sharesOfThread(thread.id);
    setShares(results.filter((share) => share.state !== "revoked" && (!run || share.run === run.id)));
  };
  useEffect(() => {
    workspace.attempt(load);
  }, []);
  const act = (request, told) => async (share) => {
    const done = await workspace.attempt(async () => {
      await request(share.id);
      await load();
    });
    if (!done) return;
    if (share.id === made?.id && request === api.revokeShare) setMade(null);
    workspace.announce(told);
  };
  const onMade = (share) => {
    setMade(share);
    workspace.attempt(load);
  };
  return html`<${Dialog} title=${run ? `Share run ${run.number}` : "Share this conversation"} onClose=${onClose}>
    <p class="share-dialog__about">
      ${run ? "Readers see this run as it is now" : "Readers see the branch that is shown, as it is now"}: what was asked and answered, with
      images and charts. What is said later, other branches, thoughts, and what tools were given and answered are not in it.
    </p>
    ${made && html`<${Made} share=${made} workspace=${workspace} />`}
    <${Form} key=${made?.id} workspace=${workspace} thread=${thread} run=${run} onMade=${onMade} />
    ${
      shares.length > 0 &&
      html`<section aria-labelledby="shared-so-far">
        <h3 class="share-dialog__section" id="shared-so-far">Shared so far</h3>
        <ul class="shares">
          ${shares.map(
            (share) =>
              html`<${ShareRow}
                key=${share.id}
                share=${share}
                onRenew=${act(api.renewShare, "Its readers see it as it is now.")}
                onRevoke=${act(api.revokeShare, "Nobody can see it any more.")}
              />`,
          )}
        </ul>
      </section>`
    }
  <//>`;
}

function Form({ workspace, thread, run, onMade }) {
  const rules = workspace.sharing;
  const [form, setForm] = useState(emptyForm);
  const [problem, setProblem] = useState(null);
  const [saving, setSaving] = useState(false);
  const change = (fields) => setForm((before) => changed(before, fields, rules));
  const share = async (event) => {
    event.preventDefault();
    setSaving(true);
    setProblem(null);
    try {
      onMade(await api.share(thread.id, requestOf(form, { run })));
    } catch (error) {
      setProblem(error);
    }
    setSaving(false);
  };
  const { people: wrongPeople, groups: wrongGroups, ...others } = problem?.fields ?? {};
  const other = problem && (Object.values(others)[0] ?? (wrongPeople || wrongGroups ? "" : problem.message));
  return html`<form class="share-form" onSubmit=${share}>
    <div class="field">
      <label for="share-people">People, by their usernames</label>
      <input
        id="share-people"
        value=${form.people}
        placeholder="ann, bob"
        autocomplete="off"
        autocapitalize="none"
        spellcheck="false"
        autofocus
        aria-invalid=${wrongPeople ? "true" : undefined}
        aria-describedby=${wrongPeople ? "share-people-problem" : undefined}
        onInput=${({ target }) => change({ people: target.value })}
      />
      ${wrongPeople && html`<p class="field__error" id="share-people-problem" role="alert">${wrongPeople}</p>`}
    </div>
    ${
      workspace.user.groups?.length > 0 &&
      html`<${Groups} names=${workspace.user.groups} chosen=${form.groups} problem=${wrongGroups} onChange=${(groups) => change({ groups })} />`
    }
    ${
      rules.links &&
      html`<${Check} label="Whoever has the link" note="Without logging in. The link is shown once." checked=${form.link} onChange=${(link) => change({ link })} />`
    }
    <div class="field share-form__end">
      <label for="share-days">For how long</label>
      <select id="share-days" value=${String(form.days)} onChange=${({ target }) => change({ days: Number(target.value) })}>
        ${lastingOf(form).map(({ days, label }) => html`<option key=${days} value=${String(days)}>${label}</option>`)}
      </select>
    </div>
    <${Check} label="Show my username" note=${`Readers see that it is from ${workspace.user.username}.`} checked=${showsName(form)} onChange=${(showName) => change({ showName })} />
    ${
      thread.anonymous &&
      html`<${Check}
        label="Show what masks stand for"
        note=${aboutMasks(form, rules)}
        warns=${form.reveal}
        disabled=${!mayReveal(form, rules)}
        checked=${form.reveal}
        onChange=${(reveal) => change({ reveal })}
      />`
    }
    ${other && html`<p class="field__error" role="alert">${other}</p>`}
    <div class="dialog__actions">
      <button type="submit" class="button button--primary" disabled=${saving || !isComplete(form)}>Share</button>
    </div>
  </form>`;
}

function aboutMasks(form, rules) {
  if (!mayReveal(form, rules))
    return form.link ? "Not where there is a link: readers see tokens such as PERSON_1." : "This site does not allow it: readers see tokens.";
  if (!form.reveal) return "Readers see tokens such as PERSON_1, and no images: nothing is masked in those.";
  return "Readers will see every real name, address, number and other personal value in it, and its images; their copies have them, too.";
}

function Groups({ names, chosen, problem, onChange }) {
  const toggle = (name, on) => onChange(on ? [...chosen, name] : chosen.filter((one) => one !== name));
  return html`<fieldset class="share-form__groups">
    <legend>Groups of mine</legend>
    ${names.map(
      (name) =>
        html`<label class="share-form__group" key=${name}>
          <input type="checkbox" checked=${chosen.includes(name)} onChange=${({ target }) => toggle(name, target.checked)} /> ${name}
        </label>`,
    )}
    ${problem && html`<p class="field__error" role="alert">${problem}</p>`}
  </fieldset>`;
}

function Check({ label, note, checked, disabled = false, warns = false, onChange }) {
  return html`<label class="share-form__check ${warns ? "share-form__check--warns" : ""}">
    <input type="checkbox" checked=${checked} disabled=${disabled} onChange=${({ target }) => onChange(target.checked)} />
    <span><span class="share-form__label">${label}</span><span class="share-form__note">${note}</span></span>
  </label>`;
}

/** What was just shared, where the person goes on; the only time that a link is seen. */
function Made({ share, workspace }) {
  const node = useRef(null);
  const { id, link } = share;
  useEffect(() => node.current.focus(), [id]);
  const copy = async () => workspace.announce((await copyText(link)) ? "The link was copied." : "The browser refused to copy.");
  if (!link) return html`<p class="share-dialog__made" tabindex="-1" ref=${node}>It is shared. Its readers find it under “Shared”.</p>`;
  return html`<div class="share-dialog__made">
    <p id="share-link-note">Whoever has this link can read it. It is shown once.</p>
    <div class="share-dialog__link">
      <input
        readonly
        ref=${node}
        value=${link}
        aria-label="The link"
        aria-describedby="share-link-note"
        onFocus=${({ target }) => target.select()}
      />
      <button type="button" class="button button--small" onClick=${copy}>Copy</button>
    </div>
  </div>`;
}
