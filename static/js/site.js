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
  document.querySelector(`[data-key="${CSS.escape(e.key)}"]`)?.click();
});
