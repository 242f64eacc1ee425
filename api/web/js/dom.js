// Makes elements. Nothing here takes markup: text is always text, so nothing can be injected.

const SVG = "http://www.w3.org/2000/svg";

/** An element; `props` may hold `class`, `on…` listeners, attributes and boolean attributes. */
export function h(tag, props = {}, ...children) {
  return fill(document.createElement(tag), props, children);
}

/** The same for SVG; attributes such as `fill` are no inline style, so the policy allows them. */
export function svg(tag, props = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

function fill(element, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

// Paths on a 24 x 24 grid, drawn with a stroke.
const ICONS = {
  fake: ["M12 3 22 20.500H2Z", "M12 9.500v5", "M12 17.700v.1"],
  real: ["M12 3l8 3v6c0 4.500-3.200 7.800-8 9-4.800-1.200-8-4.500-8-9V6Z", "M8.500 12l2.500 2.500 4.500-5"],
  inconclusive: ["M12 3a9 9 0 1 0 .01 0Z", "M9.300 9.500a2.800 2.800 0 1 1 4 2.600c-.9.4-1.300.9-1.300 1.900", "M12 17.200v.1"],
  failed: ["M12 3a9 9 0 1 0 .01 0Z", "M9 9l6 6M15 9l-6 6"],
  busy: ["M12 3a9 9 0 1 0 .01 0Z", "M12 7.500V12l3 2"],
  upload: ["M12 16V5M7.500 9 12 4.500 16.500 9", "M5 15v3.500A1.500 1.500 0 0 0 6.500 20h11a1.500 1.500 0 0 0 1.500-1.500V15"],
  camera: ["M4 7h10a1.500 1.500 0 0 1 1.500 1.500v7A1.500 1.500 0 0 1 14 17H4a1.500 1.500 0 0 1-1.500-1.500v-7A1.500 1.500 0 0 1 4 7Z", "M15.500 11l6-3v8l-6-3"],
  copy: ["M9 9h10v11H9Z", "M15 9V4H5v11h4"],
  trash: ["M4 7h16M9 7V4h6v3M6.500 7l1 13h9l1-13"],
  key: ["M8 11a4 4 0 1 0 .01 0Z", "M11 12l9-9M17 6l2.500 2.500"],
  back: ["M15 5l-7 7 7 7"],
  next: ["M9 5l7 7-7 7"],
  file: ["M6 3h8l4 4v14H6Z", "M14 3v4h4"],
  close: ["M6 6l12 12M18 6 6 18"],
  offline: ["M3 9c5-5 13-5 18 0M6.500 12.500c3-3 8-3 11 0M10 16c1.200-1 2.800-1 4 0", "M4 20 20 4"],
};

/** A picture beside a text that says the same; screen readers skip it. */
export function icon(name, extra = "") {
  const paths = (ICONS[name] ?? ICONS.file).map((d) => svg("path", { d }));
  return svg("svg", { class: `icon ${extra}`, viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" }, paths);
}

/** A button with an icon and a text. */
export function button(text, onclick, { kind = "", symbol = null, ...props } = {}) {
  return h("button", { type: "button", class: `button ${kind}`, onclick, ...props }, symbol && icon(symbol), h("span", {}, text));
}

/** Tell screen readers something that changed. */
export function announce(text) {
  const place = document.getElementById("polite");
  if (place.textContent !== text) place.textContent = text;
}

/** Save text as a file of this browser. */
export function save(name, type, text) {
  const url = URL.createObjectURL(text instanceof Blob ? text : new Blob([text], { type }));
  const link = h("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** Copy a text; true when the browser did. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Not a secure context, or not allowed: the old way, which needs a selection.
    const area = h("textarea", { class: "sr", readonly: true }, text);
    (document.querySelector("dialog[open]") ?? document.body).append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}
