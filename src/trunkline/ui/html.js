/**
 * Templates whose values can not become markup.
 *
 * `html` takes a tagged template and gives a DocumentFragment. The constant text between the values is parsed once,
 * through the page's only Trusted Types policy (`trunkline`); values never meet the parser, so there is nothing to escape:
 *
 *   html`<p class="note" title=${tip}>${text}</p>`
 *
 *   between tags   text; a Node; an array of both; null, undefined and booleans draw nothing
 *   name=${value}  the whole attribute, without quotes; null, undefined and false leave it out, true leaves it empty
 *   @name=${f}     a listener          .name=${value}  a property, such as `.message` of <wa-message>
 *
 * href, src and poster take only what `safeUrl` lets pass. The page needs
 * `require-trusted-types-for 'script'; trusted-types trunkline`, and must load this module under one address only.
 */

const policy = globalThis.trustedTypes?.createPolicy("trunkline", { createHTML: (text) => text }) ?? {
  createHTML: (text) => text,
};

const MARK = "data-tl-";
const ADDRESSES = new Set(["href", "src", "poster", "xlink:href", "action", "formaction"]);
const FORBIDDEN = /^(on|srcdoc$|style$)/i; // a listener is written @name; the policy of the page refuses inline styles

/** @type {WeakMap<TemplateStringsArray, HTMLTemplateElement>} */
const parsed = new WeakMap();

/** @returns {DocumentFragment} */
export function html(strings, ...values) {
  const fragment = document.importNode(template(strings).content, true);
  for (const node of marked(fragment)) {
    if (node.nodeType === Node.COMMENT_NODE) node.replaceWith(...nodes(values[node.data.slice(MARK.length)]));
    else bind(node, values);
  }
  return fragment;
}

/**
 * The address as the browser would resolve it if it is http(s), blob made by this page, or a path of this origin; else null.
 * @returns {string | null}
 */
export function safeUrl(value) {
  const url = parsedUrl(value);
  return url && ["http:", "https:"].includes(url.protocol) ? url.href : localBlob(url);
}

/** As `safeUrl`, and nothing that would leave this origin. What a page may load by itself. */
export function localUrl(value) {
  const url = parsedUrl(value);
  return url?.origin === location.origin && safeUrl(value) ? url.href : null;
}

function template(strings) {
  let found = parsed.get(strings);
  if (!found) {
    found = document.createElement("template");
    found.innerHTML = policy.createHTML(marks(strings));
    parsed.set(strings, found);
  }
  return found;
}

/** The constant text with a mark for each value: an attribute of its own inside a tag, a comment elsewhere. */
function marks(strings) {
  let text = "";
  for (const [index, part] of strings.entries()) {
    text += part;
    if (index === strings.length - 1) break;
    if (text.lastIndexOf("<") > text.lastIndexOf(">")) {
      const name = /\s([^\s"'<>=/]+)=$/.exec(text)?.[1];
      if (!name || FORBIDDEN.test(name)) throw new TypeError(`a value can not stand here: ${text.slice(-40)}`);
      text = `${text.slice(0, -name.length - 1)}${MARK}${index}="${name}"`;
    } else {
      text += `<!--${MARK}${index}-->`;
    }
  }
  return text;
}

function marked(fragment) {
  const walker = document.createTreeWalker(fragment, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_COMMENT);
  const found = [];
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (node.nodeType === Node.ELEMENT_NODE ? node.hasAttributes() : node.data.startsWith(MARK)) found.push(node);
  }
  return found;
}

function bind(element, values) {
  for (const { name: mark, value: name } of [...element.attributes]) {
    if (!mark.startsWith(MARK)) continue;
    element.removeAttribute(mark);
    const value = values[mark.slice(MARK.length)];
    if (name.startsWith("@")) element.addEventListener(name.slice(1), value);
    else if (name.startsWith(".")) element[name.slice(1)] = value;
    else setAttribute(element, name, ADDRESSES.has(name.toLowerCase()) ? safeUrl(value) : value);
  }
}

function setAttribute(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  element.setAttribute(name, value === true ? "" : String(value));
}

function nodes(value) {
  if (value === null || value === undefined || typeof value === "boolean") return [];
  if (Array.isArray(value)) return value.flatMap(nodes);
  return [value instanceof Node ? value : document.createTextNode(String(value))];
}

function parsedUrl(value) {
  if (typeof value !== "string" && !(value instanceof URL)) return null;
  try {
    return new URL(value, document.baseURI);
  } catch {
    return null;
  }
}

function localBlob(url) {
  return url?.protocol === "blob:" && url.origin === location.origin ? url.href : null;
}
