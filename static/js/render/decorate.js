// Adds what Markdown cannot say to sanitised HTML: code frames with a copy button, scrolling tables, hosts beside links,
// citations that open their source.
import { hostOf } from "./links.js";

/** Changes a sanitised fragment in place. */
export function decorate(fragment) {
  fragment.querySelectorAll("pre > code").forEach(frameCode);
  fragment.querySelectorAll("table").forEach(frameTable);
  fragment.querySelectorAll("a[href^='source:']").forEach(cite);
  fragment.querySelectorAll("a[href]").forEach(showHost);
}

function element(tag, className, text = "") {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  return node;
}

function frameCode(code) {
  const language = /language-(\S+)/.exec(code.className)?.[1] ?? "";
  const frame = element("figure", "code-block");
  const bar = element("figcaption", "code-block__bar");
  const copy = element("button", "code-block__copy", "Copy");
  copy.type = "button";
  copy.dataset.copyCode = "";
  copy.setAttribute("aria-label", language ? `Copy ${language} code` : "Copy code");
  bar.append(element("span", "code-block__language", language || "text"), copy);
  const pre = code.parentElement;
  pre.tabIndex = 0;
  pre.replaceWith(frame);
  frame.append(bar, pre);
}

function frameTable(table) {
  const frame = element("div", "table-frame");
  frame.tabIndex = 0;
  frame.setAttribute("role", "region");
  frame.setAttribute("aria-label", "Table");
  table.replaceWith(frame);
  frame.append(table);
}

/** A citation leads nowhere: it names what was read, and the run that holds it opens that. */
function cite(link) {
  const words = element("span", "citation__words", link.textContent || "Source");
  link.replaceWith(citation(words, link.getAttribute("href").slice("source:".length), false));
}

/** Changes citations in place: one of a source in `known`, a set of ids, can be opened; any other may be made up, and says so. */
export function showCitations(node, known) {
  for (const cited of node.querySelectorAll("[data-source]")) {
    const { source } = cited.dataset;
    const isKnown = known.has(source);
    if (isKnown !== (cited.localName === "button")) cited.replaceWith(citation(cited.firstElementChild, source, isKnown));
  }
}

function citation(words, source, isKnown) {
  const node = isKnown ? element("button", "citation") : element("span", "citation-unknown");
  if (isKnown) node.type = "button";
  else node.title = "Nothing that was read in this conversation has this id: the source may be made up.";
  node.dataset.source = source;
  node.append(words);
  if (!isKnown) node.append(element("span", "citation-unknown__hint", "unknown source"));
  return node;
}

function showHost(link) {
  const host = hostOf(link.href);
  if (!host || link.classList.contains("run-link")) return;
  if (link.classList.contains("remote-image")) {
    link.append(element("span", "remote-image__host", `Image on ${host} · open in a new tab`));
    return;
  }
  const says = link.textContent.trim().toLowerCase();
  if (!says.includes(host.toLowerCase())) link.append(element("span", "link-host", host));
}
