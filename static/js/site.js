// Progressive only: every page works with this file removed.
document.documentElement.classList.add("js");

// Theme: remember the radio that CSS already obeys.
const saved = localStorage.getItem("theme");
if (saved) document.querySelector(`#theme-${CSS.escape(saved)}`)?.click();
document.addEventListener("change", (e) => {
  if (e.target.name === "theme") localStorage.setItem("theme", e.target.value);
});

// Keys: printed on the controls, ignored while typing.
document.addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey || e.repeat) return;
  if (e.target.closest?.("input:not([type=radio], [type=checkbox]), select, textarea")) return;
  const control = document.querySelector(`[data-key="${CSS.escape(e.key)}"]`);
  if (!control) return;
  e.preventDefault(); // else the letter is typed into the field that the control opens
  control.click();
});

// Board: the shaded strip follows the row under the pointer or the focus. One rect serves every row through <use>.
const shade = (row) => {
  const strip = document.querySelector("#axis .ref");
  if (!strip) return;
  const [lo, hi] = row ? [row.dataset.lo, row.dataset.hi].map(parseFloat) : [0, 0];
  strip.setAttribute("x", `${lo}%`);
  strip.setAttribute("width", `${hi - lo}%`);
};
for (const type of ["pointerover", "focusin"]) {
  document.addEventListener(type, (e) => { if (e.target.closest?.("#board")) shade(e.target.closest("tr[data-lo]")); });
}

// Filters that unfold close when something else is pressed, and by Escape.
const fold = (but) => { for (const open of document.querySelectorAll("details.drop[open]")) if (!open.contains(but)) open.open = false; };
document.addEventListener("pointerdown", (e) => fold(e.target));
document.addEventListener("keydown", (e) => {
  const open = e.key === "Escape" && e.target.closest?.("details.drop[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});

// Snapshots of a board: a slider that tells each of them, in place of the list. The button beside it goes there.
const slide = (root) => {
  for (const form of root.querySelectorAll("form[data-moments]:not(.slides)")) {
    const [select, range, told] = [form.elements.key, document.createElement("input"), document.createElement("output")];
    Object.assign(range, { type: "range", min: 0, max: select.length - 1, value: select.selectedIndex });
    const tell = () => {
      select.selectedIndex = range.value;
      told.textContent = select.selectedOptions[0].textContent;
      range.setAttribute("aria-valuetext", told.textContent);
    };
    range.addEventListener("input", tell);
    select.hidden = true;
    select.before(range);
    form.prepend(told);
    form.classList.add("slides");
    tell();
  }
};
slide(document);
document.addEventListener("htmx:load", (e) => slide(e.detail.elt));

// Live parts: ask with the ETag of what is shown; a 304 swaps nothing. What changed flashes (unless motion is reduced).
document.addEventListener("htmx:configRequest", (e) => {
  const etag = e.detail.elt.dataset.etag;
  if (etag) e.detail.headers["If-None-Match"] = etag;
});
const cells = (root) => new Map([...root.querySelectorAll("tr[id]")].map((row) => [row.id, [...row.cells].map((cell) => cell.textContent.trim())]));
let before = new Map();
document.addEventListener("htmx:beforeSwap", (e) => { if (e.detail.target.id === "live") before = cells(e.detail.target); });
document.addEventListener("htmx:afterSettle", () => {
  const live = document.querySelector("#live");
  if (!live || !before.size) return;
  for (const [id, texts] of cells(live)) {
    texts.forEach((text, i) => { if (before.has(id) && before.get(id)[i] !== text) document.getElementById(id).cells[i].classList.add("changed"); });
  }
  before = new Map();
});

// Other filters change the address: what stands outside the live part goes by it, too.
document.addEventListener("htmx:afterSettle", () => {
  const live = document.querySelector("#live");
  if (!live) return;
  const here = location.pathname + location.search;
  for (const next of document.querySelectorAll(".tongues input[name=next]")) next.value = here;
  const enter = document.querySelector("a.enter");
  if (enter) enter.search = new URLSearchParams({ next: here });
  document.querySelector("link[rel=alternate]")?.remove();
  if (live.dataset.feed) document.head.append(Object.assign(document.createElement("link"), { rel: "alternate", type: "application/atom+xml", href: live.dataset.feed }));
});

// Code in answers, and commands to copy: a button that copies it, made when the pointer, a finger or the focus first comes there.
const offerCopy = (e) => {
  const pre = e.target.closest?.(".md pre, .copyable pre");
  if (!pre || !navigator.clipboard || pre.parentElement.classList.contains("code")) return;
  const [box, button] = [document.createElement("div"), document.createElement("button")];
  [box.className, button.className, button.type, button.textContent] = ["code", "btn copy", "button", document.body.dataset.copy];
  button.addEventListener("click", async () => {
    const done = await navigator.clipboard.writeText(pre.textContent).then(() => "copied", () => "notCopied");
    button.textContent = document.body.dataset[done];
    setTimeout(() => { button.textContent = document.body.dataset.copy; }, 1500);
  });
  pre.before(box);
  box.append(pre, button);
  if (e.type === "focusin") pre.focus();
};
for (const type of ["pointerover", "focusin"]) document.addEventListener(type, offerCopy);
