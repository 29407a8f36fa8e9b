// The page's state is its address (?liked=620,400&not=570): everything shown follows from it, so a link is a list.

import { LISTS, MOST, NUMBERS, PLAIN, addressOf, filtersOf, moved, stateOf, wishes } from "./address.js";
import { card, element, nameOf, reason } from "./cards.js";
import { keepUp, kept, startKeeping } from "./keeping.js";
import { startSearch } from "./search.js";
import { language, say } from "./words.js";

const STEP = 12; // games that are shown at first, and further ones at a time
const DID = { like: "liked", dislike: "disliked", own: "owned" };

const $ = (id) => document.getElementById(id);
const known = new Map(); // app id -> game, for all found or recommended games
let state = PLAIN;
let shown = PLAIN; // the state that the cards belong to
let count = STEP;
let usual = null; // the bundle's weight of popularity, in %
let asking = new AbortController();
const platforms = [...document.querySelectorAll("input[name=platform]")];

async function ask(path, options) {
  const response = await fetch(path, options);
  const answer = await response.json();
  if (!response.ok) throw Object.assign(new Error(answer.detail), { status: response.status });
  return answer;
}

function remember(games) {
  for (const game of games) known.set(game.app_id, game);
}

const named = (id) => nameOf(known.get(id), id);

// --- the address

function go(next, many = STEP) {
  state = { ...state, ...next };
  count = many;
  history.pushState(null, "", addressOf(state));
  keepUp(addressOf(state));
  return show();
}

async function move(what, game) {
  const [before, many] = [state, count]; // with fewer cards than before, the page would jump up
  if (state[DID[what]].length >= MOST) return tell(say("most", { count: MOST }));
  await go(moved(state, game.app_id, DID[what]), many);
  if (shown === state) tell(say(`did_${what}`, { name: game.name }), "undo", () => go(before, many));
}

async function did(what, game) {
  const place = [...$("games").children].findIndex((row) => row.contains(document.activeElement));
  await move(what, game);
  const next = $("games").children[Math.max(place, 0)] ?? $("games").lastElementChild;
  next?.querySelector(`.${what}`)?.focus({ preventScroll: true });
}

// --- the recommendations

async function show() {
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  const asked = state;
  drawControls(state);
  drawChips();
  $("games").setAttribute("aria-busy", "true");
  try {
    const missing = Object.keys(LISTS).flatMap((list) => state[list]).filter((id) => !known.has(id));
    const names = missing.length ? ask(`api/games?${missing.slice(0, MOST).map((id) => `ids=${id}`).join("&")}`, { signal }) : { games: [] };
    const answer = ask("api/recommend", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(wishes(state, count)),
      signal,
    });
    const [found, given] = await Promise.all([names, answer]);
    remember([...found.games, ...given.games]);
    shown = asked;
    drawChips();
    drawAnswer(given);
  } catch (error) {
    if (error.name === "AbortError") return;
    const offline = error instanceof TypeError || error instanceof SyntaxError; // a gateway answers in HTML
    tell(offline ? say("no_answer") : error.message, "try_again", show);
    drawControls(shown); // the cards are still those of what was asked before
    drawChips();
  }
  if (!signal.aborted) $("games").setAttribute("aria-busy", "false");
}

function tell(text, action, act) {
  $("notice").replaceChildren(text);
  if (action) {
    const button = element("button", { type: "button", textContent: say(action) });
    button.addEventListener("click", () => { tell(""); act(); });
    $("notice").append(" ", button);
  }
  $("notice").hidden = !text;
}

function drawAnswer({ recommender, games, unknown, named: ids, without }) {
  const popular = recommender === "popular";
  const notices = [];
  const strange = unknown.filter((id) => !known.has(id)); // a known game without reviews is unknown to the recommender only
  const unrated = unknown.filter((id) => known.has(id)).map(named);
  if (strange.length) notices.push(say(strange.length === 1 ? "unknown_one" : "unknown_many", { count: strange.length, names: strange.join(", ") }));
  if (unrated.length) notices.push(say("unrated_liked", { names: unrated.join(", ") }));
  if (popular && state.liked.length > unknown.length) notices.push(say("no_tags"));
  tell(notices.join(" "));
  $("heading").textContent = say(state.unrated ? "new_ones" : popular ? "popular" : "next");
  const names = ids.map(named);
  $("games").replaceChildren(...games.map((game) => card(game, popular && !state.unrated ? say("liked_by_many") : reason(game, names), names, did)));
  $("few").textContent = fewer(games.length, without);
  $("more").hidden = games.length < count || count >= MOST;
  $("hear").textContent = games.length ? say("hear", { count: games.length, names: games.slice(0, 3).map(({ name }) => name).join(", ") }) : say("hear_none");
}

// Which filter leaves few games, and how many there would be without it: the one that takes most away first.
function fewer(there, without) {
  const loosened = Object.entries(without).filter(([, left]) => left > there).sort((one, other) => other[1] - one[1]);
  if (!loosened.length) return "";
  const words = { must: say("must"), must_not: say("must_not"), released_from: `${say("years")} ${say("from")}`,
    released_to: `${say("years")} ${say("to")}`, most_cents: say("price"), platforms: say("platforms") };
  return say("few", { count: there }) + loosened.slice(0, 2).map(([filter, left]) => say("loosen", { filter: words[filter], left })).join("");
}

function chip(text, removed, className = "") {
  const remove = element("button", { type: "button", textContent: "×", title: say("remove") });
  remove.setAttribute("aria-label", say("remove_it", { name: text }));
  remove.addEventListener("click", removed);
  return element("li", { className: `chip ${className}` }, element("span", { textContent: text }), remove);
}

function drawChips() {
  const marks = { liked: "", disliked: ` (${say("chip_disliked")})`, owned: ` (${say("chip_owned")})` };
  $("chips").replaceChildren(...Object.keys(LISTS).flatMap((list) => state[list].map((id) => (
    chip(`${known.has(id) ? named(id) : "…"}${marks[list]}`, () => { go(moved(state, id)); $("search").focus(); }, list)))));
}

// --- what can be steered

function drawControls(one) {
  document.querySelector(`input[name=by][value=${one.by}]`).checked = true;
  $("clear").disabled = $("share").disabled = addressOf(state) === addressOf(PLAIN);
  $("popularity").disabled = one.by !== "smart";
  $("popularity").value = one.popularity ?? usual ?? 50;
  for (const list of ["must", "must_not"]) {
    $(`${list}_chips`).replaceChildren(...one[list].map((tag) => chip(tag, () => go({ [list]: state[list].filter((other) => other !== tag) }))));
  }
  const set = one.must.length + one.must_not.length + ["popularity", ...NUMBERS].filter((name) => one[name] !== null).length + one.early + one.adult + one.unrated
    + one.platforms.length + (one.variety ? 1 : 0);
  $("steer").textContent = say("steer") + (set ? ` (${set})` : "");
  $("released_from").value = one.released_from ?? "";
  $("released_to").value = one.released_to ?? "";
  $("price").value = one.most_cents ? one.most_cents / 100 : "";
  $("free").checked = one.most_cents === 0;
  for (const name of ["unrated", "early", "adult"]) $(name).checked = one[name];
  $("variety").value = one.variety ?? 0;
  for (const box of platforms) box.checked = one.platforms.includes(box.value);
  $("best").hidden = one.seed === null;
}

function startControls() {
  for (const radio of document.querySelectorAll("input[name=by]")) radio.addEventListener("change", () => go({ by: radio.value }));
  $("popularity").addEventListener("change", () => go({ popularity: +$("popularity").value }));
  $("usual").addEventListener("click", () => go({ popularity: null }));
  for (const list of ["must", "must_not"]) {
    $(list).addEventListener("change", () => {
      const typed = $(list).value.trim().toLowerCase();
      const tag = [...$("all_tags").children].map((option) => option.value).find((one) => one.toLowerCase() === typed);
      $(list).value = "";
      if (tag && state[list].length < 10) go({ [list]: [...new Set([...state[list], tag])] });
    });
    $(list).addEventListener("focus", () => loadTags().catch(() => {}));
  }
  const year = (id) => $(id).addEventListener("change", () => go({ [id]: /^(19|2\d)\d\d$/.test($(id).value) ? +$(id).value : null }));
  ["released_from", "released_to"].forEach(year);
  $("price").addEventListener("change", () => go({ most_cents: +$("price").value > 0 ? Math.round(100 * +$("price").value) : null }));
  $("free").addEventListener("change", () => go({ most_cents: $("free").checked ? 0 : null }));
  for (const name of ["unrated", "early", "adult"]) $(name).addEventListener("change", () => go({ [name]: $(name).checked }));
  $("variety").addEventListener("change", () => go({ variety: +$("variety").value || null }));
  for (const box of platforms) box.addEventListener("change", () => go({ platforms: platforms.filter((one) => one.checked).map((one) => one.value) }));
  $("surprise").addEventListener("click", () => go({ seed: Math.floor(Math.random() * 1e9) }));
  $("best").addEventListener("click", () => { go({ seed: null }); $("surprise").focus(); });
}

// How many games each further tag would leave.
async function loadTags() {
  const { tags } = await ask("api/tags", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(filtersOf(state)) });
  $("all_tags").replaceChildren(...tags.map(({ name, games }) => element("option", { value: name, label: `${name} (${games})` })));
}

async function paste() {
  const lines = [...new Set($("pasted").value.split("\n").map((line) => line.trim().slice(0, 100)).filter(Boolean))].slice(0, MOST);
  const unclear = [];
  let { liked } = state;
  try {
    for (let at = 0; at < lines.length; at += 20) {
      const { names } = await ask(`api/names?${lines.slice(at, at + 20).map((line) => `name=${encodeURIComponent(line)}`).join("&")}`);
      for (const { name, sure, games } of names) {
        if (!sure) { unclear.push(name); continue; }
        remember(games);
        liked = [...new Set([...liked, games[0].app_id])].slice(0, MOST);
      }
    }
  } catch {
    return tell(say("no_search"), "try_again", paste);
  }
  $("pasted").value = unclear.join("\n");
  await go({ liked });
  return unclear.length && tell(say("paste_unclear", { names: unclear.join(", ") }));
}

// The profile goes in a body, so that it stands in no address and no log.
async function bring() {
  try {
    const body = JSON.stringify({ profile: $("profile").value.trim() || " " });
    const { liked, owned, games } = await ask("api/library", { method: "POST", headers: { "Content-Type": "application/json" }, body });
    $("profile").value = "";
    await go({ liked, disliked: [], owned });
    tell(say("library_came", { games, liked: liked.length, owned: owned.length }));
  } catch (error) {
    tell(say([403, 404, 422, 429, 502].includes(error.status) ? `library_${error.status}` : "no_answer"));
  }
}

async function copy() {
  try {
    await navigator.clipboard.writeText(location.href);
    $("share").textContent = say("copied");
  } catch {
    $("share").textContent = say("copy_bar");
  }
  setTimeout(() => { $("share").textContent = say("share"); }, 1800);
}

// --- start

startControls();
startKeeping(() => addressOf(state));
startSearch({
  find: async (query, signal) => {
    const found = await ask(`api/games?limit=8&q=${encodeURIComponent(query)}`, { signal });
    remember(found.games);
    return found;
  },
  taken: (id) => state.liked.includes(id),
  take: (game, what) => {
    if (what !== "like") return move(what, game);
    return state.liked.length >= MOST ? tell(say("most", { count: MOST })) : go(moved(state, game.app_id, "liked"));
  },
  last: () => state.liked.length && go(moved(state, state.liked.at(-1))),
  failed: () => tell(say("no_search")),
});
document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input:not([type=radio]), textarea") || event.ctrlKey || event.metaKey || event.altKey;
  if (event.key !== "/" || typing) return;
  event.preventDefault();
  $("search").focus();
});
$("clear").addEventListener("click", () => { go(PLAIN); $("search").focus(); });
$("share").addEventListener("click", copy);
$("add_pasted").addEventListener("click", paste);
$("bring")?.addEventListener("click", bring);
$("profile")?.addEventListener("keydown", (event) => event.key === "Enter" && bring());
$("more").addEventListener("click", () => { count = Math.min(count + STEP, MOST); show(); });
addEventListener("popstate", () => { state = stateOf(location.search); show(); });
addEventListener("online", () => { if (shown !== state) show(); });

// The page came with the answer to its address.
const first = JSON.parse($("first").textContent);
usual = first.version.popularity_weight === null ? null : Math.round(100 * first.version.popularity_weight);
$("steer_popularity").hidden = usual === null;
$("usual").textContent = say("usual", { value: usual });
$("marks").replaceChildren(element("option", { value: usual ?? 50 }));
const { srec, games, bundle } = first.version;
$("platforms").hidden = !first.platforms;
$("version").textContent = say("version", { srec, games: games.toLocaleString(language), bundle: bundle.slice(0, 8) });
remember([...first.known.games, ...first.answer.games]);
state = shown = stateOf(first.address);
drawControls(state);
drawChips();
drawAnswer(first.answer);
$("games").setAttribute("aria-busy", "false");
if (addressOf(state) === addressOf(PLAIN) && kept()) go(stateOf(kept()));
