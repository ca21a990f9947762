// From what is in the message field to what is sent.
import { codePoints } from "./code-points.js";
import { foldPicks, parse } from "./commands.js";

const NAMES_SOMETHING = /^[@/]/m; // perhaps an agent or a skill: who is there has to be known before it is read

/**
 * Sends what is in the composer: in its turn ("queue"), into the answer that is being given ("steer"), or instead of that
 * ("interrupt"). What cannot be sent stays there, with the reason beside it. `ensureThread()` gives the session of the open
 * thread, or of a new one; `answersFromNowOn(agent)` is told when another agent was named.
 */
export async function sendDraft({ workspace, whenBusy, ensureThread, answersFromNowOn }) {
  if (NAMES_SOMETHING.test(workspace.composer.store.value.text)) await workspace.catalogueKnown;
  const { composer, catalogue, limits } = workspace;
  const { text, images, uploads } = composer.store.value;
  const runs = () => workspace.view.endedRuns(workspace.session.value);
  const parsed = parse(text, { ...catalogue.value, runs });
  if (parsed.help) {
    composer.write(parsed.commands.length ? text.replace(/^\/help[ \t]*\n?/m, "") : parsed.text);
    return workspace.dialog("commands");
  }
  const problem = problemOf(parsed, { text, images, uploads, whenBusy }, limits);
  if (problem !== undefined) return problem && composer.fail({ message: problem });
  const draft = composer.take();
  const { commands, agent, skill } = foldPicks(parsed.commands, draft);
  if (agent) answersFromNowOn(agent);
  const said = { text: parsed.text, images, skill, commands, on_failure: draft.onFailure, also: draft.also };
  const message = { ...said, ...workspace.chosen(), whenBusy, draft };
  try {
    (await ensureThread()).send(message);
  } catch (error) {
    return composer.restore(draft, error);
  }
  return composer.flush();
}

/**
 * Why a message cannot be sent as it is, in words for the person; `""` where there is simply nothing to send; `undefined` where
 * it can be sent. `parsed` is what `parse` has made of the text.
 */
export function problemOf(parsed, { text, images, uploads, whenBusy }, limits) {
  if (uploads.length) return "An image is still being uploaded. One moment.";
  if (parsed.problem) return parsed.problem;
  if (!text.trim() && images.length === 0) return "";
  if (codePoints(parsed.text) > limits.message_chars) {
    const most = limits.message_chars.toLocaleString();
    return `The message is longer than ${most} characters. Shorten it, or send it in parts.`;
  }
  if (whenBusy === "steer" && parsed.commands.length) return "Commands cannot join an answer. Send them in their turn.";
  return undefined;
}
