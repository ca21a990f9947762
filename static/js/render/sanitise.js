// The last gate before the document: only the elements and attributes that rendered Markdown needs come through.
import { DOMPurify } from "../lib/markdown.js";

const TAGS = [
  ..."h4 h5 h6 p br hr blockquote ul ol li pre code em strong s del a span".split(" "),
  ..."table thead tbody tr th td img".split(" "),
];
const ATTRIBUTES = ["href", "title", "class", "start", "src", "alt"];
const CLASSES =
  /^(?:hljs(?:-[\w-]+)?|language-[\w+#.-]+|align-(?:left|center|right)|heading-[1-6]|remote-image|[a-z]+_)$/;
const LINKS = /^(?:https?|mailto|tel):/i;
const RUN = /^\/threads\/[0-9a-f-]{36}\/\?run=[0-9a-f-]{36}$/; // a run of this site: the page shows it, nothing is left
const CITATION = /^source:[\w-]{1,64}$/; // how a model names what it has read
const INLINE_IMAGE = /^data:image\/(?:png|jpeg|gif|webp);base64,[a-z0-9+/=\s]+$/i;

const purifier = DOMPurify(window);

purifier.addHook("afterSanitizeAttributes", (node) => {
  if (node.hasAttribute("class")) keepKnownClasses(node);
  if (node.tagName === "IMG" && !INLINE_IMAGE.test(node.getAttribute("src") ?? "")) node.removeAttribute("src");
  if (node.tagName === "A") secureLink(node);
});

function keepKnownClasses(node) {
  const known = [...node.classList].filter((name) => CLASSES.test(name));
  if (known.length) node.setAttribute("class", known.join(" "));
  else node.removeAttribute("class");
}

/** A link leaves without a word about where it came from, and says where it goes. */
function secureLink(link) {
  const href = link.getAttribute("href") ?? "";
  if (CITATION.test(href)) return undefined;
  if (RUN.test(href)) return link.classList.add("run-link");
  if (!LINKS.test(href)) return link.removeAttribute("href");
  link.setAttribute("target", "_blank");
  link.setAttribute("rel", "noopener noreferrer nofollow");
  link.setAttribute("title", href);
}

/** Untrusted HTML to a document fragment that is safe to insert. Remote images are not in it: see markdown.js. */
export function sanitise(html) {
  return purifier.sanitize(html, {
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: ATTRIBUTES,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    ALLOWED_URI_REGEXP: /^(?:(?:https?|mailto|tel|source):|\/threads\/|data:image\/(?:png|jpeg|gif|webp);)/i,
    RETURN_DOM_FRAGMENT: true,
  });
}
