// The skills that are active in the open conversation, above the message field, and who activated each. They can be taken
// back.
import { html, useEffect, useState } from "../../lib/preact.js";
import { api } from "../../net/api.js";
import { nameOf } from "../../state/catalogue.js";
import { nothing, useStore } from "../../state/store.js";
import { Icon, IconButton } from "../icons.js";

const NONE = Object.freeze([]);

export function ActiveSkills({ workspace, session }) {
  const catalogue = useStore(workspace.catalogue);
  const skills = useStore(session?.state ?? nothing, (state) => state?.thread?.skills ?? NONE);
  const origins = useOrigins(session, skills);
  if (skills.length === 0) return null;
  return html`<div class="active-skills">
    <span class="active-skills__label" id="active-skills-label">Active ${skills.length === 1 ? "skill" : "skills"}</span>
    <ul class="active-skills__list" aria-labelledby="active-skills-label">
      ${skills.map((slug) => {
        const skill = catalogue.skills.find((one) => one.slug === slug);
        const name = nameOf(catalogue.skills, slug);
        const origin = origins[slug];
        return html`<li key=${slug} class="pick pick--quiet" title=${[told(origin, session), skill?.trigger].filter(Boolean).join(" ")}>
          <${Icon} name="book" size=${13} /><span class="pick__name">${name}</span>
          ${origin && html`<span class="pick__by">${origin.by === "person" ? "by you" : "by the agent"}</span>`}
          <${IconButton} name="close" size=${12} label="Take back ${name}" onClick=${() => workspace.takeBackSkill(slug)} />
        </li>`;
      })}
    </ul>
  </div>`;
}

/** Who activated each of the skills: slug → `{by, run_id}`. Read again when other ones are active; empty until it is known. */
function useOrigins(session, skills) {
  const [origins, setOrigins] = useState({});
  useEffect(() => {
    if (skills.length === 0) return undefined;
    let isCurrent = true;
    api.threadSkills(session.threadId).then(
      ({ results }) => isCurrent && setOrigins(Object.fromEntries(results.map((one) => [one.slug, one]))),
      () => {}, // the skills are shown without it
    );
    return () => {
      isCurrent = false;
    };
  }, [session, skills.join()]);
  return origins;
}

function told(origin, session) {
  if (!origin) return "";
  const run = session.state.value.runs[origin.run_id];
  const who = origin.by === "person" ? "You picked it" : "The agent took it up";
  return run ? `${who} in run ${run.number}.` : `${who}.`;
}
