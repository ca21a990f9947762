// One found run: what was said, where, when, how it ended; a link to it in its branch.
import { html, memo } from "../../lib/preact.js";
import { nameOf } from "../../state/catalogue.js";
import { useStore } from "../../state/store.js";
import { fullMoment, moment, money } from "../format.js";
import { Icon } from "../icons.js";
import { useLongPress } from "../long-press.js";
import { TagChips } from "../organize/tag-chips.js";
import { addressOfFound, FoundRun, FoundThread, placeOf } from "./found-run.js";

const ENDINGS = {
  queued: ["clock", "Queued"],
  running: ["bolt", "Answering"],
  waiting: ["raised", "Waits for you"],
  failed: ["warning", "Failed"],
  interrupted: ["warning", "Interrupted"],
  cancelled: ["stop", "Stopped"],
};

export const SearchResult = memo(({ workspace, run, selecting, selected, onSelect }) => {
  const catalogue = useStore(workspace.catalogue);
  const press = useLongPress(() => onSelect(run.id));
  const follow = (event) => {
    event.preventDefault();
    if (selecting || event.shiftKey || event.metaKey || event.ctrlKey) return onSelect(run.id, { range: event.shiftKey });
    workspace.openRun(run.thread.id, placeOf(run));
  };
  const [icon, ending] = ENDINGS[run.status] ?? [];
  const { cost, currency } = run.usage ?? {};
  return html`<li class="result ${selected ? "result--selected" : ""}">
    <input
      type="checkbox"
      class="result__check ${selecting ? "result__check--shown" : ""}"
      aria-label="Select run ${run.number}"
      checked=${selected}
      onClick=${({ shiftKey }) => onSelect(run.id, { range: shiftKey })}
    />
    <a class="result__link" href=${addressOfFound(run)} onClick=${follow} ...${press}>
      <span class="result__where">
        <span class="result__thread"><${FoundThread} workspace=${workspace} thread=${run.thread} /></span>
        ${run.thread.anonymous && html`<${Icon} name="mask" size=${13} /><span class="visually-hidden">anonymous</span>`}
        <span class="result__number">run ${run.number}</span>
        <time class="result__when" datetime=${run.created_at} title=${fullMoment(run.created_at)}>${moment(run.created_at)}</time>
      </span>
      <span class="result__said found"><${FoundRun} workspace=${workspace} run=${run} /></span>
      <span class="result__facts">
        ${ending && html`<span class="result__status result__status--${run.status}"><${Icon} name=${icon} size=${13} /> ${ending}</span>`}
        ${run.kind === "system" && html`<span><${Icon} name="system" size=${13} /> system</span>`}
        ${run.trigger === "delegation" && html`<span><${Icon} name="handOn" size=${13} /> handed on</span>`}
        <span>${nameOf(catalogue.agents, run.agent)}</span>
        <span>${nameOf(catalogue.models, run.model)}</span>
        ${cost && html`<span>${money(cost, currency)}</span>`}
        ${run.pinned && html`<span><${Icon} name="pin" size=${13} /> pinned</span>`}
        ${run.importance_by === "person" && html`<span>importance ${run.importance}</span>`}
      </span>
    </a>
    ${run.tags?.length > 0 && html`<div class="result__tags"><${TagChips} workspace=${workspace} names=${run.tags} /></div>`}
  </li>`;
});
