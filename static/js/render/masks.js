// Masked personal data in a document: each token becomes its value with a subtle mark, or a chip that shows the token. A value is
// text and nothing else: it is put into text nodes after everything has been sanitised, never into HTML or Markdown.
import { categoryName, isLiteral, shortToken } from "../state/mask-names.js";
import { hasToken, segmentsOf, unmaskText } from "../state/masks.js";

const BLOCKS = "p, li, td, th, pre, blockquote, h4, h5, h6";
const NAMED = ["alt", "title", "aria-label"]; // attributes that people read or hear
const ENCODED = /%7B%7B.{1,200}?%7D%7D/gi; // a token in an address
const OWN_PROGRAMS = /^(?:mailto|tel):/i;

/** How a mask is shown: `{text, name, title}`, `name` being its class. `asModel`: as the model sees it. */
export function markOf(mask, asModel) {
  const { token, category, value } = mask;
  const [kind, short] = [categoryName(category), shortToken(token)];
  if (asModel) return { text: short, name: "mask mask--token", title: `${kind}: ${value}` };
  if (isLiteral(mask)) return { text: value };
  return { text: value, name: "mask", title: `${kind}: the model sees ${short} instead` };
}

/** Shows what is masked in a sanitised fragment, which is changed in place. `masks` is what `useMasks` gives. */
export function showMasks(fragment, { known, asModel, reveal }) {
  for (const nodes of runsOfText(fragment)) showIn(nodes, known, asModel);
  if (asModel) return;
  for (const name of NAMED) {
    for (const node of fragment.querySelectorAll(`[${name}]`)) node.setAttribute(name, reveal(node.getAttribute(name)));
  }
  fragment.querySelectorAll("a[href]").forEach((link) => completeAddress(link, known));
}

/** The text nodes of each block: a token may lie over several of them, where something in it is bold or coloured. */
function runsOfText(fragment) {
  const walker = document.createTreeWalker(fragment, NodeFilter.SHOW_TEXT);
  const runs = [];
  let last;
  while (walker.nextNode()) {
    const block = walker.currentNode.parentElement?.closest(BLOCKS);
    if (runs.length === 0 || block !== last) runs.push([]);
    runs.at(-1).push(walker.currentNode);
    last = block;
  }
  return runs;
}

function showIn(nodes, known, asModel) {
  const text = nodes.map(({ data }) => data).join("");
  if (!hasToken(text)) return;
  let to = text.length;
  // From the end to the start, so that what lies before keeps its place.
  for (const segment of segmentsOf(text, known).toReversed()) {
    const from = to - segment.text.length;
    if (segment.token) replacePiece(nodes, { from, to, mark: markNode(segment, asModel) });
    to = from;
  }
}

/** Takes a piece out of text nodes that follow each other, and puts a mark where it began. */
function replacePiece(nodes, { from, to, mark }) {
  let start = 0;
  for (const node of nodes) {
    const end = start + node.length;
    const [first, last] = [Math.max(from, start), Math.min(to, end)];
    if (first < last) {
      const rest = first === from ? node.splitText(first - start) : node;
      rest.deleteData(first === from ? 0 : first - start, last - first);
      if (first === from) rest.before(mark);
    }
    start = end;
  }
}

function markNode(segment, asModel) {
  const { text, name, title } = markOf(segment, asModel);
  const node = document.createElement("span");
  node.textContent = text;
  if (name) Object.assign(node, { className: name, dir: "auto", title });
  return node;
}

/**
 * A link to one's own mail program or phone gets its values. Every other one keeps its tokens: a model chose where it leads,
 * and following it must not carry a value there.
 */
function completeAddress(link, known) {
  const address = link.getAttribute("href");
  if (!OWN_PROGRAMS.test(address)) return;
  const complete = address.replaceAll(ENCODED, (written) => {
    const token = decoded(written);
    const value = unmaskText(token, known);
    return value === token ? written : encodeURIComponent(value).replaceAll("%40", "@");
  });
  link.setAttribute("href", complete);
  link.setAttribute("title", decoded(complete));
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
