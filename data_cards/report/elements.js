// Elements are made one by one and text is put in as text: nothing on this page is ever parsed as markup.

const $ = (id) => document.getElementById(id);
const SVG = 'http://www.w3.org/2000/svg';

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children.flat(3)) {
    if (child !== null && child !== undefined && child !== false) node.append(child);
  }
  return node;
}

const put = (node, ...children) => { node.replaceChildren(); fill(node, {}, children); };
const el = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
const draw = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

// A dot in one of the page's colours; set through the style object, which the content policy allows.
function dot(colour) {
  const node = el('i', { 'aria-hidden': 'true' });
  node.style.background = colour;
  return node;
}

const whole = (value) => value.toLocaleString('en');
const share = (part, all) => (all ? `${(100 * part / all).toFixed(1)} %` : 'not measured');
const plural = (count, one, many = `${one}s`) => `${whole(count)} ${count === 1 ? one : many}`;
const colour = (at) => `var(--c${at % 8})`;
const brief = (value) => (value < 1e4 ? whole(value) : value < 1e6 ? `${Math.round(value / 1e3)}k` : `${(value / 1e6).toFixed(1)}M`);
const levelName = (level) => (level === 0 ? 'knobs' : String(level));

const OUTCOME_COLOURS = { right: 'var(--right)', wrong: 'var(--wrong)', unreadable: 'var(--unsure)', truncated: 'var(--c1)' };

// The text with every place of `query` marked.
function marked(text, query) {
  if (!query) return [text];
  const low = text.toLowerCase(), parts = [];
  let at = 0, next = low.indexOf(query);
  while (next >= 0 && parts.length < 400) {
    parts.push(text.slice(at, next), el('mark', {}, text.slice(next, next + query.length)));
    at = next + query.length;
    next = low.indexOf(query, at);
  }
  return [...parts, text.slice(at)];
}
