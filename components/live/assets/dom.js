// Small helpers for building the page; text always goes in as text.

const ICONS = {
  stop: "M7 7h10v10H7z",
  rerun: "M12 5V2L7 7l5 5V8a5 5 0 1 1-5 5H5a7 7 0 1 0 7-8z",
  copy: "M8 3h11a1 1 0 0 1 1 1v12h-2V5H8zM5 7h9a1 1 0 0 1 1 1v12a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1zm1 2v10h7V9z",
  raw: "M9 6 3 12l6 6 1.4-1.4L5.8 12l4.6-4.6zm6 0 6 6-6 6-1.4-1.4 4.6-4.6-4.6-4.6z",
};

export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "onclick") element.addEventListener("click", value);
    else if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export function iconButton(icon, name, onclick) {
  const drawing = svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("path", { d: ICONS[icon] }));
  return make("button", { type: "button", class: "bp-icon", title: name, "aria-label": name, onclick }, drawing);
}

export function loadStyles() {
  const href = new URL("live.css", import.meta.url).href;
  if ([...document.styleSheets].some((sheet) => sheet.href === href)) return;
  if (document.querySelector(`link[href="${href}"]`)) return;
  document.head.append(make("link", { rel: "stylesheet", href }));
}

export const NA = "n/a";

export function seconds(value) {
  if (value == null) return NA;
  if (value < 1) return `${Math.round(value * 1000)} ms`;
  return value < 60 ? `${value.toFixed(value < 10 ? 2 : 1)} s` : `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`;
}

export function number(value) {
  return value == null ? NA : value.toLocaleString("en");
}

export function rate(value) {
  return value == null ? NA : value.toFixed(value < 10 ? 1 : 0);
}
