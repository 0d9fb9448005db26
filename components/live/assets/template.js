// Rebuilds a block's HTML from its Markdown source; the mirror of rendering/template.py.
// The markup comes out of the server's sanitiser; everything copied from the source is escaped here.

const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

export function escapeHtml(text) {
  return text.replace(/[&<>]/g, (sign) => ESCAPES[sign]);
}

export function expand(template, source) {
  let cursor = 0;
  const copy = (length) => escapeHtml(source.slice(cursor, (cursor += length)));
  let html = "";
  for (const item of template) {
    if (typeof item === "string") {
      html += item;
    } else if (typeof item === "number") {
      if (item < 0) cursor -= item;
      else html += copy(item);
    } else {
      for (const [, name, length] of item[0].matchAll(/([a-z,])(\d+)/g)) {
        const text = copy(Number(length));
        html += name === "," ? text : `<span class="bp-${name}">${text}</span>`;
      }
    }
  }
  return html;
}
