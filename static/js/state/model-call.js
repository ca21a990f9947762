// What a call of a model was shown, for drawing: its messages run by run, with a text of each, and what was left out.
import { rangesOf } from "./run-numbers.js";

/** How a message stands in a call, where that is not whole, or as a summary. */
export const FORMS = Object.freeze({ shortened: "shortened" });

const ROLES = Object.freeze({ user: "You", assistant: "The model", tool: "A tool’s result", system: "The system" });

export const roleOf = ({ role, form }) => (form === "summary" && role === "user" ? "Summary" : (ROLES[role] ?? role));

/** What a message says, as one text: calls and images in brackets. */
export function textOf({ content }) {
  return content.map(partText).filter(Boolean).join("\n\n");
}

function partText(part) {
  switch (part.type) {
    case "text":
    case "thinking":
      return part.text;
    case "image":
      return `[Image${part.alt ? `: ${part.alt}` : ""}]`;
    case "tool_use":
      return `[Calls ${part.name}: ${part.arguments_text ?? JSON.stringify(part.arguments ?? {})}]`;
    case "tool_result":
      return typeof part.content === "string" ? part.content : JSON.stringify(part.content);
    default:
      return "";
  }
}

/** The messages of a call in sections, each of neighbours of one run: `[{number, runId, messages}]`; `number` may be `null`. */
export function sectionsOf({ messages }) {
  const sections = [];
  for (const message of messages) {
    const number = message.number ?? null;
    if (sections.at(-1)?.number === number) sections.at(-1).messages.push(message);
    else sections.push({ number, runId: message.run_id ?? null, messages: [message] });
  }
  return sections;
}

/** What was not shown to the model, in words; `""` where that is nothing. */
export function leftOutOf({ left_out: numbers = [] }) {
  if (numbers.length === 0) return "";
  return numbers.length === 1 ? `Run ${numbers[0]} was left out.` : `Runs ${rangesOf(numbers)} were left out.`;
}
