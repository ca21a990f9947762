// Shows a growing Markdown text and touches only what changed: finished blocks are neither parsed nor drawn again.
import { decorate, showCitations } from "./decorate.js";
import { renderBlocks } from "./markdown.js";
import { showMasks } from "./masks.js";
import { sanitise } from "./sanitise.js";

const OPEN_BLOCKS = 2; // a new line may still join the block before it, never the one before that
const MASKED = /pii/i; // a block that may hold a token
const NONE = new Set();
const REST = 4; // after a drawing, the page is left to itself for this many times as long

export class MarkdownView {
  #container;
  #shown = []; // [{html, node}] of all blocks
  #masks = null;
  #sources = NONE; // the ids of those that can be cited
  #source = "";
  #tail = 0; // where in the source the first open block begins
  #closed = 0; // how many blocks lie before it
  #env = {};
  #timer = 0;
  #notBefore = 0;
  #rest;

  constructor(container, { rest = REST } = {}) {
    this.#container = container;
    this.#rest = rest;
  }

  /**
   * Shows `source`. While `streaming`, drawing may lag behind by a few frames; the last call is always drawn. `masks` is what
   * `useMasks` gives, or nothing where there are none.
   */
  update(source, { streaming = false, masks = null } = {}) {
    clearTimeout(this.#timer);
    this.#wear(masks);
    const wait = this.#notBefore - performance.now();
    if (!streaming || wait <= 0) return this.#draw(source, streaming);
    this.#timer = setTimeout(() => this.#draw(source, true), wait);
  }

  /** Says which sources can be cited, by their ids: what cites another one is shown as text. */
  know(sources) {
    this.#sources = sources;
    showCitations(this.#container, sources);
  }

  destroy() {
    clearTimeout(this.#timer);
  }

  #draw(source, streaming) {
    const began = performance.now();
    // Link definitions may come after their use: the finished text is read as one.
    if (!streaming || !source.startsWith(this.#source)) this.#restart();
    this.#source = source;
    const blocks = renderBlocks(source.slice(this.#tail), this.#env);
    this.#show(blocks);
    if (streaming) this.#close(blocks);
    this.#notBefore = performance.now() + (performance.now() - began) * this.#rest;
  }

  #restart() {
    this.#tail = 0;
    this.#closed = 0;
    this.#env = {};
  }

  /** Blocks with tokens are drawn again when what stands behind them is another. */
  #wear(masks) {
    if (masks === this.#masks) return;
    this.#masks = masks;
    for (const [index, { html }] of this.#shown.entries()) if (MASKED.test(html)) this.#drawBlock(index, html);
  }

  #show(blocks) {
    for (const [index, { html }] of blocks.entries()) this.#showBlock(this.#closed + index, html);
    const length = this.#closed + blocks.length;
    for (const { node } of this.#shown.splice(length)) node.remove();
  }

  #showBlock(index, html) {
    if (this.#shown[index]?.html !== html) this.#drawBlock(index, html);
  }

  #drawBlock(index, html) {
    const fragment = sanitise(html);
    decorate(fragment);
    showCitations(fragment, this.#sources);
    if (this.#masks?.isOn) showMasks(fragment, this.#masks);
    const node = fragment.firstElementChild ?? document.createElement("span");
    this.#shown[index] = { html, node: place(this.#container, this.#shown[index]?.node, node) };
  }

  #close(blocks) {
    const count = blocks.length - OPEN_BLOCKS;
    if (count <= 0) return;
    this.#tail += offsetOfLine(this.#source.slice(this.#tail), blocks[count].line);
    this.#closed += count;
  }
}

/** Puts a block in its place; a growing code block keeps its element, and with it the reader's selection of its frame. */
function place(container, old, node) {
  if (!old) return container.appendChild(node);
  const [oldCode, newCode] = [old, node].map((block) => block.matches(".code-block") && block.querySelector("code"));
  if (oldCode && newCode && oldCode.className === newCode.className) {
    oldCode.replaceChildren(...newCode.childNodes);
    return old;
  }
  old.replaceWith(node);
  return node;
}

function offsetOfLine(text, line) {
  let offset = 0;
  for (let passed = 0; passed < line; passed += 1) offset = text.indexOf("\n", offset) + 1;
  return offset;
}
