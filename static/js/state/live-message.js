// A message while it is being streamed: its parts, and how many code points of each have arrived.
import { codePoints, skipCodePoints } from "./code-points.js";

const streamedText = (part) => part.text ?? part.arguments_text ?? "";

/** How many code points each part of a message has. */
export const lengthsOf = (message) => (message.content ?? []).map((part) => codePoints(streamedText(part)));

/**
 * `{message, lengths}` with a delta appended: the same object when the delta was already there, `null` when something
 * before it is missing.
 */
export function appendDelta(live, delta) {
  const { message, lengths } = live;
  const { part: index, offset, text } = delta;
  const known = lengths[index] ?? 0;
  if (offset > known || index > lengths.length) return null;
  const size = codePoints(text);
  const isNew = index === lengths.length;
  if (!isNew && offset + size <= known) return live;

  const part = isNew ? emptyPart(delta) : message.content[index];
  const fresh = offset < known ? skipCodePoints(text, known - offset) : text;
  const content = message.content.slice();
  content[index] = withText(part, streamedText(part) + fresh);
  const nextLengths = lengths.slice();
  nextLengths[index] = offset + size;
  return { message: { ...message, content }, lengths: nextLengths };
}

function emptyPart({ kind, id, name }) {
  if (kind === "tool_use") return { type: "tool_use", id, name, arguments_text: "" };
  return { type: kind, text: "" };
}

function withText(part, text) {
  return part.type === "tool_use" ? { ...part, arguments_text: text } : { ...part, text };
}
