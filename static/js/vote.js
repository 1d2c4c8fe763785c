// The vote page without waiting. Every form and link works with this file removed; here the next pair is fetched while the
// present one is read, and shown as soon as the vote is taken.
const form = document.querySelector("#decide");
const flagging = document.querySelector("#flagging");
const status = form.querySelector("[role=status]");
const page = location.pathname;
const fragment = { "HX-Request": "true" };
const pairOf = (html) => {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return holder;
};

// A choice within this time after a pair came up was meant for the one before: a key pressed twice and a double click have
// their second half within half a second, and nobody has read two answers by then. Such a choice is dropped; undo is not.
const UNREAD_MS = 600;
let shownAt = performance.now();
const isUnread = () => performance.now() - shownAt < UNREAD_MS;

// Where the focus goes when its control goes or speaks of another pair: there Space scrolls, and Enter does nothing.
const rest = () => document.querySelector("#pair h1").focus({ preventScroll: true });

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
  shownAt = performance.now();
  form.reset();
  flagging.reset();
  if (document.querySelector(".panel:target")) location.hash = "decide";
  watchTabs();
  scrollTo(0, 0);
  rest();
  ahead = fetchAhead();
};

const say = (html) => {
  status.innerHTML = html;
  const votes = status.querySelector("[data-votes]")?.dataset.votes;
  if (votes) document.querySelector("#votes").textContent = votes;
  countDown(rest);
};

// Sentences stand in the page, in its language. After an undo that came to nothing the link leads to what became of that
// vote, with the button while there is time.
const told = (name, body) => {
  const holder = document.createElement("div");
  holder.append(document.querySelector(`#told-${name}`).content.cloneNode(true));
  if (body) holder.querySelector("a").href = `${page}?done=${encodeURIComponent(body.get("voted"))}`;
  return holder.innerHTML;
};

const send = async (event) => {
  event.preventDefault();
  if (form.ariaBusy === "true") return; // a second click while the first is under way
  const undoing = event.submitter?.hasAttribute("formaction");
  if (event.target === form && !undoing && isUnread()) return;
  form.ariaBusy = "true";
  const body = new FormData(event.target, event.submitter);
  const voted = body.get("ballot");
  try {
    const answer = await fetch(event.submitter?.getAttribute("formaction") ?? form.action, {
      method: "POST", headers: fragment, credentials: "same-origin", body,
    });
    if (answer.redirected) return location.assign(answer.url);
    const html = await answer.text();
    if (html.includes("<html")) { // a page of its own, such as an error: the pair stays, and one sentence says what happened
      say(undoing ? told("undo-failed", body) : told("failed"));
      return;
    }
    say(html);
    if (undoing) rest();
    else if (answer.ok) await showNext(voted);
    else {
      if (status.querySelector("[data-over]")) endPair();
      if (event.target === flagging) location.hash = "decide"; // the answer stands under the panel
    }
  } catch {
    say(undoing ? told("undo-unanswered", body) : told("unanswered"));
  } finally {
    form.ariaBusy = "false";
  }
};
form.addEventListener("submit", send);
flagging.addEventListener("submit", send);

// Nothing more can be done with this pair: the sentence in the strip says why, and leads on.
const endPair = () => {
  for (const button of document.querySelectorAll(".six button, [name=act]")) button.disabled = true;
};

// Enter and Escape leave the comment, so that keys work again; the flag's own comment is sent by Enter.
form.elements.comment.addEventListener("keydown", (event) => {
  if (event.isComposing || !["Enter", "Escape"].includes(event.key)) return;
  event.preventDefault();
  rest();
});
addEventListener("hashchange", () => { if (location.hash === "#flag") flagging.elements.comment.focus(); });

// Keys can be switched off, and are off while a panel is open; Escape closes it.
const keysOn = document.querySelector("#keys-on");
keysOn.checked = localStorage.getItem("keys") !== "off";
keysOn.addEventListener("change", () => localStorage.setItem("keys", keysOn.checked ? "on" : "off"));
addEventListener("keydown", (event) => {
  const panel = document.querySelector(".panel:target");
  if (panel && event.key === "Escape") {
    location.hash = "decide";
    rest();
  }
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
countDown(rest);
