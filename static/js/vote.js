// The vote page without waiting. Every form and link works with this file removed; here the next pair is fetched while the
// present one is read, and shown as soon as the vote is taken.
const form = document.querySelector("#decide");
const status = form.querySelector("[role=status]");
const page = location.pathname;
const fragment = { "HX-Request": "true" };
const pairOf = (html) => {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return holder;
};
let waiting = 0;

// The next pair, as a template: nothing of it is in the document before its turn.
const fetchAhead = async () => {
  const answer = await fetch(`${page}?ahead`, { headers: fragment, credentials: "same-origin" }).catch(() => null);
  if (!answer?.ok || answer.redirected || answer.status === 204) return null;
  return pairOf(await answer.text());
};
let ahead = fetchAhead();

const showNext = async (voted) => {
  const next = (await ahead)?.content.querySelector("#pair");
  const present = document.querySelector("#pair");
  if (!next || next.dataset.ballot === present.dataset.ballot) return location.assign(`${page}?done=${encodeURIComponent(voted)}`);
  present.replaceWith(next);
  form.reset();
  watchTabs();
  scrollTo(0, 0);
  ahead = fetchAhead();
};

// The undo button counts down, then goes: the server would refuse it.
const countDown = () => {
  clearInterval(waiting);
  const button = status.querySelector("[data-seconds]");
  if (!button) return;
  let seconds = Number(button.dataset.seconds);
  const tell = () => {
    button.querySelector(".mute").textContent = `${seconds} s`;
    if (seconds-- > 0) return;
    clearInterval(waiting);
    if (document.activeElement === button) form.querySelector(".six button").focus();
    button.remove();
  };
  tell();
  waiting = setInterval(tell, 1000);
};

const say = (html) => {
  status.innerHTML = html;
  const votes = status.querySelector("[data-votes]")?.dataset.votes;
  if (votes) document.querySelector("#votes").textContent = votes;
  countDown();
};

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (form.ariaBusy === "true") return; // a second click while the first is under way
  form.ariaBusy = "true";
  const body = new FormData(form, event.submitter);
  const voted = body.get("ballot");
  const undoing = event.submitter?.hasAttribute("formaction");
  try {
    const answer = await fetch(event.submitter?.getAttribute("formaction") ?? form.action, {
      method: "POST", headers: fragment, credentials: "same-origin", body,
    });
    if (answer.redirected) return location.assign(answer.url);
    const html = await answer.text();
    if (!answer.ok && answer.headers.get("Content-Type")?.includes("text/html") && html.includes("<html")) return location.reload();
    say(html);
    if (answer.ok && !undoing) await showNext(voted);
  } catch {
    status.textContent = "The server did not answer. Try again: a vote counts once, however often it is sent.";
  } finally {
    form.ariaBusy = "false";
  }
});

// Keys can be switched off, and are off while a panel is open; Escape closes it.
const keysOn = document.querySelector("#keys-on");
keysOn.checked = localStorage.getItem("keys") !== "off";
keysOn.addEventListener("change", () => localStorage.setItem("keys", keysOn.checked ? "on" : "off"));
addEventListener("keydown", (event) => {
  const panel = document.querySelector(".panel:target");
  if (panel && event.key === "Escape") location.hash = "decide";
  if ((panel || !keysOn.checked) && event.key.length === 1) event.stopPropagation();
}, true);

// Phone: mark the tab of the answer in view.
let tabs = null;
const watchTabs = () => {
  tabs?.disconnect();
  tabs = new IntersectionObserver((entries) => entries.forEach((entry) => {
    if (!entry.isIntersecting) return;
    for (const tab of document.querySelectorAll(".tabs a")) {
      if (tab.hash === `#${entry.target.id}`) tab.setAttribute("aria-current", "true");
      else tab.removeAttribute("aria-current");
    }
  }), { root: document.querySelector(".duo"), threshold: 0.15, rootMargin: "0px -40% 0px -40%" });
  document.querySelectorAll(".duo .answer").forEach((answer) => tabs.observe(answer));
};

watchTabs();
countDown();
