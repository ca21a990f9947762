// The text libraries: Markdown parser, sanitiser and highlighter.
export { default as MarkdownIt } from "../../vendor/markdown-it-15.0.3/markdown-it.esm.min.mjs";
export { default as DOMPurify } from "../../vendor/dompurify-3.4.18/purify.es.mjs";
export { default as highlighter } from "../../vendor/highlight.js-11.12.0/highlight.min.js";
