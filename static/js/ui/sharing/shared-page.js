// What somebody shared, to be read: its runs as they were at one moment, and the way to go on with a copy of one's own.
import { html, useEffect, useMemo, useRef, useState } from "../../lib/preact.js";
import { api } from "../../net/api.js";
import { nameOf } from "../../state/catalogue.js";
import { withLabels } from "../../state/mask-names.js";
import { sessionOf, turnsOf, workspaceOf } from "../../state/snapshot.js";
import { listenForCopies } from "../clipboard.js";
import { fullMoment, moment } from "../format.js";
import { Icon } from "../icons.js";
import { MaskedText, WithMasks } from "../masks.js";
import { Message } from "../message.js";
import { setPageTitle } from "../page-title.js";
import { Facts } from "../run/facts.js";
import { toolResults } from "../run-parts.js";
import { Moment } from "./share-row.js";

const UNTITLED = "A conversation";
const ENDINGS = {
  cancelled: "Stopped. What was said until then is kept.",
  failed: "This run failed.",
  interrupted: "This run was interrupted.",
};

/** `share` and `snapshot` as the server tells them; `copy` is where a copy is made, empty for who has to log in (`login`) first. */
export function SharedPage({ share, snapshot, copy, login }) {
  const content = useRef(null);
  const [session, workspace] = useMemo(() => [sessionOf({ snapshot }), workspaceOf({ share, snapshot })], []);
  const turns = useMemo(() => turnsOf(snapshot), []);
  const title = snapshot.title || UNTITLED;
  useEffect(() => {
    setPageTitle(withLabels(title)); // the browser keeps what a tab was called: no value is in it
    return listenForCopies(content.current);
  }, []);
  return html`<${WithMasks} session=${session} workspace=${workspace}>
    <a class="skip-link" href="#shared-runs">Skip to what was said</a>
    <header class="shared__head">
      <p class="shared__kind"><${Icon} name="link" size=${14} /> ${share.is_one_run ? "Shared run" : "Shared conversation"}</p>
      <h1 class="shared__title" dir="auto"><${MaskedText} text=${title} /></h1>
      <p class="shared__facts"><${Origin} share=${share} /></p>
      ${snapshot.anonymous && html`<p class="shared__note"><${Icon} name="mask" size=${15} /> ${aboutMasks(share)}</p>`}
      <${Copy} address=${copy} login=${login} />
    </header>
    <main class="shared__runs" id="shared-runs" tabindex="-1" aria-label="What was said" ref=${content}>
      ${turns.map(
        (turn) =>
          html`<${SharedRun} key=${turn.run.id} ...${turn} owner=${share.owner} session=${session} workspace=${workspace} />`,
      )}
    </main>
    <footer class="shared__foot">
      <p>Read-only, as it was on <${Moment} at=${share.taken_at} />. What agents say may be wrong.</p>
    </footer>
  <//>`;
}

const aboutMasks = ({ reveals }) =>
  reveals
    ? "Models saw tokens in place of personal data. Its owner shows you what they stand for."
    : "Personal data is masked: tokens stand in its place.";

function Origin({ share: { owner, taken_at: taken, expires_at: end } }) {
  return html`<span>${owner ? html`Shared by <strong>${owner}</strong>` : "Shared with you"}</span>
    <span>as of <${Moment} at=${taken} /></span>
    ${end && html`<span>expires <${Moment} at=${end} /></span>`}`;
}

/** Who is not logged in does so first, and comes back here. */
function Copy({ address, login }) {
  const [copying, setCopying] = useState(false);
  const [problem, setProblem] = useState("");
  const go = async () => {
    setCopying(true);
    setProblem("");
    try {
      const { id } = await api.copyShared(address);
      location.assign(`/threads/${id}/`);
    } catch (error) {
      setProblem(error.message);
      setCopying(false);
    }
  };
  return html`<div class="shared__actions">
    ${
      address
        ? html`<button type="button" class="button button--primary" disabled=${copying} onClick=${go}>
            <${Icon} name="branch" size=${16} /> ${copying ? "Copying …" : "Continue as a copy"}
          </button>`
        : html`<a class="button button--primary" href=${login}><${Icon} name="branch" size=${16} /> Log in to continue as a copy</a>`
    }
    <button type="button" class="button" onClick=${() => print()}>Print</button>
    ${problem && html`<p class="field__error" role="alert">${problem}</p>`}
  </div>`;
}

function SharedRun({ run, messages, owner, session, workspace }) {
  const catalogue = workspace.catalogue.value;
  const results = useMemo(() => toolResults(messages), []);
  const place = `run-${run.number}`;
  return html`<article class="run run--${run.status}" id=${place} tabindex="-1" aria-label="Run ${run.number}">
    <header class="run__head">
      <a class="run__number" href="#${place}" aria-label="Run ${run.number}">${run.number}</a>
      ${run.title && html`<span class="run__title" dir="auto"><${MaskedText} text=${run.title} /></span>`}
      ${run.kind === "system" && html`<span class="origin"><${Icon} name="bolt" size=${13} /> began by itself</span>`}
      <span class="run__end"><time class="run__time" datetime=${run.created_at} title=${fullMoment(run.created_at)}>${moment(run.created_at)}</time></span>
    </header>
    ${messages
      .filter(({ role }) => role !== "tool")
      .map(
        (message) =>
          html`<${Message}
            key=${message.id}
            message=${message}
            results=${results}
            run=${run}
            agent=${nameOf(catalogue.agents, message.agent ?? run.agent)}
            person=${owner || "Person"}
            session=${session}
            workspace=${workspace}
            readOnly
          />`,
      )}
    ${ENDINGS[run.status] && html`<p class="ending">${ENDINGS[run.status]}</p>`}
    <footer class="run__foot"><${Facts} run=${run} catalogue=${catalogue} /></footer>
  </article>`;
}
