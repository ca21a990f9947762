// Markdown to HTML text, block by block. What it returns is not yet trusted: see sanitise.js.
import { MarkdownIt, highlighter } from "../lib/markdown.js";

const LONGEST_HIGHLIGHT = 40_000; // characters: colours are not worth a frozen page

const parser = new MarkdownIt({ html: false, linkify: true, breaks: false, typographer: false, highlight });
parser.linkify.set({ fuzzyLink: false, fuzzyEmail: false });

function highlight(code, language) {
  if (!highlighter.getLanguage(language) || code.length > LONGEST_HIGHLIGHT) return "";
  return highlighter.highlight(code, { language, ignoreIllegals: true }).value;
}

// A remote image could carry words of the conversation to a stranger in its address. So it is a link that says so.
parser.renderer.rules.image = (tokens, index, options, env, renderer) => {
  const token = tokens[index];
  const source = token.attrGet("src") ?? "";
  const alt = renderer.renderInlineAsText(token.children ?? [], options, env);
  const escape = parser.utils.escapeHtml;
  if (source.startsWith("data:")) return `<img src="${escape(source)}" alt="${escape(alt)}">`;
  return `<a class="remote-image" href="${escape(source)}">${escape(alt || "Image")}</a>`;
};

// An answer's headings stand below the page's own: "#" is a heading of the fourth level that looks like one of the first.
parser.core.ruler.push("headings", ({ tokens }) => {
  for (const token of tokens.filter(({ type }) => type.startsWith("heading_"))) {
    const level = Number(token.tag.slice(1));
    token.tag = `h${Math.min(level + 3, 6)}`;
    if (token.nesting > 0) token.attrSet("class", `heading-${level}`);
  }
});

// The policy refuses inline styles: a column's alignment is a class.
for (const name of ["th_open", "td_open"]) {
  parser.renderer.rules[name] = (tokens, index, options, env, renderer) => {
    const token = tokens[index];
    const align = /text-align:(left|center|right)/.exec(token.attrGet("style") ?? "")?.[1];
    token.attrs = align ? [["class", `align-${align}`]] : null;
    return renderer.renderToken(tokens, index, options);
  };
}

parser.core.ruler.after("inline", "task-lists", ({ tokens }) => {
  for (const [index, token] of tokens.entries()) {
    if (token.type !== "inline" || tokens[index - 2]?.type !== "list_item_open") continue;
    const text = token.children?.[0];
    const mark = /^\[([ xX])\] /.exec(text?.content ?? "");
    if (mark) text.content = (mark[1] === " " ? "☐ " : "☑ ") + text.content.slice(mark[0].length);
  }
});

/**
 * The top-level blocks of a Markdown text: `[{html, line}]`, `line` being where the block begins. `env` carries link
 * definitions from one part of a text to the next.
 */
export function renderBlocks(source, env = {}) {
  const tokens = parser.parse(source, env);
  const blocks = [];
  let first = 0;
  for (const [index, token] of tokens.entries()) {
    if (token.level !== 0 || token.nesting > 0) continue;
    const group = tokens.slice(first, index + 1);
    blocks.push({ html: parser.renderer.render(group, parser.options, env), line: group[0].map?.[0] ?? 0 });
    first = index + 1;
  }
  return blocks;
}
