// The page's state is its address (?liked=620,400&by=tags): everything shown follows from it, so a link is a list.

const MOST_LIKED = 100;
const SHOWN = 12;
const WAIT_MS = 90;

const $ = (id) => document.getElementById(id);
const known = new Map(); // app id -> game, for all found or recommended games
let state = { liked: [], by: "smart" };
let asked = new AbortController();
let searched = new AbortController();
let hits = [];
let sure = false; // of the first hit
let active = -1;
let entered = false; // Enter was pressed before the hits arrived

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

async function ask(path, options) {
  const response = await fetch(path, options);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.detail);
  return answer;
}

function remember(games) {
  for (const game of games) known.set(game.app_id, game);
}

// --- the address

function stateOf(address) {
  const given = new URLSearchParams(address);
  const ids = (given.get("liked") ?? "").split(",").filter((text) => /^[1-9]\d{0,9}$/.test(text)).map(Number);
  const liked = [...new Set(ids.filter((id) => id < 2 ** 31))].slice(0, MOST_LIKED);
  return { liked, by: given.get("by") === "tags" ? "tags" : "smart" };
}

function addressOf({ liked, by }) {
  const parts = [];
  if (liked.length) parts.push(`liked=${liked.join(",")}`);
  if (by !== "smart") parts.push(`by=${by}`);
  return parts.length ? `?${parts.join("&")}` : "./";
}

function go(next) {
  state = { ...state, ...next };
  history.pushState(null, "", addressOf(state));
  show();
}

function like(id) {
  if (state.liked.includes(id)) return;
  if (state.liked.length >= MOST_LIKED) return tell(`${MOST_LIKED} games are the most this page takes.`);
  go({ liked: [...state.liked, id] });
}

function unlike(id) {
  go({ liked: state.liked.filter((other) => other !== id) });
}

// --- the recommendations

async function show() {
  asked.abort();
  asked = new AbortController();
  const { signal } = asked;
  document.querySelector(`input[name=by][value=${state.by}]`).checked = true;
  $("clear").disabled = $("share").disabled = !state.liked.length;
  $("games").setAttribute("aria-busy", "true");
  try {
    const missing = state.liked.filter((id) => !known.has(id));
    if (missing.length) {
      const found = await ask(`api/games?${missing.map((id) => `ids=${id}`).join("&")}`, { signal });
      remember(found.games);
    }
    drawChips();
    const answer = await ask("api/recommend", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ liked: state.liked, k: SHOWN, recommender: state.by }),
      signal,
    });
    remember(answer.games);
    drawAnswer(answer);
  } catch (error) {
    if (error.name === "AbortError") return;
    const offline = error instanceof TypeError || error instanceof SyntaxError; // a gateway answers in HTML
    tell(offline ? "The server does not answer. Check the connection, then try again." : error.message);
  }
  if (!signal.aborted) $("games").setAttribute("aria-busy", "false");
}

function tell(text) {
  $("notice").textContent = text;
  $("notice").hidden = !text;
}

function drawAnswer({ recommender, games, unknown, named }) {
  const popular = recommender === "popular";
  const notices = [];
  if (unknown.length) {
    const one = unknown.length === 1;
    notices.push(`${one ? "One game of this list is" : `${unknown.length} games of this list are`} not known here: ${unknown.join(", ")}.`);
  }
  if (popular && state.liked.length > unknown.length) notices.push("None of these games has tags, so here is what is popular.");
  tell(notices.join(" "));
  $("heading").textContent = popular ? "Popular now" : "Your next games";
  $("games").replaceChildren(...games.map((game) => card(game, popular ? "Liked by many" : reason(game, named))));
}

function drawChips() {
  $("chips").replaceChildren(...state.liked.map((id) => {
    const name = known.get(id)?.name ?? `App ${id}`;
    const remove = element("button", { type: "button", textContent: "×", title: "Remove" });
    remove.setAttribute("aria-label", `Remove ${name}`);
    remove.addEventListener("click", () => { unlike(id); $("search").focus(); });
    return element("li", { className: "chip" }, element("span", { textContent: name }), remove);
  }));
}

// What brought a game: the games with the largest parts of its score, in proportion. The parts are the recommender's.
function reason({ parts, popularity, shared_tags: shared }, named) {
  if (!parts) return shared.length ? "In common with your games" : "Often liked next";
  const brought = parts.map((part, place) => ({ part, name: known.get(named[place])?.name }))
    .filter(({ part, name }) => part > 0 && name).sort((one, other) => other.part - one.part);
  const [first, second] = brought;
  if (!first || popularity > brought.reduce((sum, { part }) => sum + part, 0)) return "Played by nearly everybody";
  if (!second || first.part > 4 * second.part) return `Because of ${first.name}`;
  if (first.part > 1.5 * second.part) return `Mostly ${first.name}, some ${second.name}`;
  return brought.length > 2 && second.part < 1.5 * brought[2].part
    ? `${first.name}, ${second.name} and others` : `${first.name} and ${second.name}`;
}

function card(game, why) {
  const title = game.store_url ? link(game.store_url, game.name) : document.createTextNode(game.name);
  const facts = [game.release_year, price(game), game.genres.slice(0, 2).join(", ")].filter(Boolean).join(" · ");
  const shared = new Set(game.shared_tags);
  const tags = shared.size ? [...shared] : game.tags.slice(0, 5);
  const more = element("button", { type: "button", className: "like", textContent: "+ I like this" });
  more.setAttribute("aria-label", `I like ${game.name}`);
  more.addEventListener("click", () => { like(game.app_id); $("search").focus({ preventScroll: true }); });
  const actions = element("div", { className: "actions" }, more);
  if (game.store_url) actions.append(link(game.store_url, "Steam store", `${game.name} in the Steam store`));
  const list = tags.map((tag) => element("li", { className: shared.has(tag) ? "shared" : "", textContent: tag }));
  const body = element("div", { className: "facts" }, element("h2", {}, title), element("p", { className: "about", textContent: facts }),
    element("p", { className: "why", textContent: why }), element("ul", { className: "tags" }, ...list), actions);
  return element("li", { className: "card" }, art(game), body);
}

function link(address, text, label) {
  const made = element("a", { href: address, textContent: text, target: "_blank", rel: "noopener noreferrer" });
  if (label) made.setAttribute("aria-label", label);
  return made;
}

function price({ is_free: free, price_usd_cents: cents }) {
  if (free || cents === 0) return "Free";
  return cents === null ? "" : `$${(cents / 100).toFixed(2)}`;
}

// --- pictures: drawn at once, covered by the store's header image if that loads

function art(game) {
  const box = element("div", { className: "art" }, standIn(game));
  if (game.image_url) {
    const image = element("img", { alt: "", loading: "lazy", referrerPolicy: "no-referrer" });
    image.addEventListener("error", () => image.remove());
    image.src = game.image_url;
    box.append(image);
  }
  return box;
}

function standIn({ app_id: id, name }) {
  const hue = (id * 47) % 360;
  const made = svg("svg", { viewBox: "0 0 460 215", "aria-hidden": "true", preserveAspectRatio: "xMidYMid slice" });
  made.append(svg("rect", { width: 460, height: 215, fill: `hsl(${hue} 45% 20%)` }));
  let seed = id;
  for (let number = 0; number < 5; number += 1) {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    const [x, y, size] = [seed % 460, (seed >> 9) % 215, 40 + ((seed >> 17) % 90)];
    made.append(svg("circle", { cx: x, cy: y, r: size, fill: `hsl(${(hue + 25 * number) % 360} 55% 45%)`, "fill-opacity": 0.28 }));
  }
  const initials = (name.match(/[\p{L}\p{N}]+/gu) ?? ["?"]).slice(0, 3).map((word) => [...word][0].toUpperCase()).join("");
  const text = svg("text", { x: 230, y: 138, "text-anchor": "middle", "font-size": 88, "font-weight": 700, fill: "#fff", "fill-opacity": 0.88 });
  text.textContent = initials;
  made.append(text);
  return made;
}

function svg(name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

// --- search as you type

let timer;
function typed() {
  const query = $("search").value.trim();
  if (!query) return close();
  forget();
  active = -1; // the listed hits belong to an older text
  mark();
  timer = setTimeout(() => search(query), WAIT_MS);
}

function forget() {
  clearTimeout(timer);
  timer = undefined;
  searched.abort();
  entered = false;
}

async function search(query) {
  searched = new AbortController();
  try {
    const found = await ask(`api/games?limit=8&q=${encodeURIComponent(query)}`, { signal: searched.signal });
    remember(found.games);
    hits = found.games.filter((game) => !state.liked.includes(game.app_id));
    timer = undefined;
    sure = found.sure && found.games[0].app_id === hits[0]?.app_id;
    const guesses = hits.length ? "Not here. Did you mean one of these?" : "No game of that name is known here.";
    open(found.sure ? "It is in your list already." : guesses);
    if (entered && sure) choose(0);
  } catch (error) {
    if (error.name === "AbortError") return;
    timer = undefined;
    tell("The search does not answer. Check the connection, then try again.");
  }
}

function open(otherwise) {
  active = sure ? 0 : -1;
  const rows = hits.map((game, place) => {
    const row = element("li", { id: `hit-${place}` }, element("span", { textContent: game.name }), element("small", { textContent: game.release_year ?? "" }));
    row.setAttribute("role", "option");
    row.addEventListener("pointerdown", (event) => event.preventDefault());
    row.addEventListener("click", () => choose(place));
    return row;
  });
  if (!sure) {
    const none = element("li", { className: "none", textContent: otherwise });
    none.setAttribute("role", "option");
    none.setAttribute("aria-disabled", "true");
    rows.unshift(none);
  }
  $("hits").replaceChildren(...rows);
  $("hits").hidden = false;
  $("search").setAttribute("aria-expanded", "true");
  mark();
}

function mark() {
  [...$("hits").children].forEach((row) => row.setAttribute("aria-selected", String(row.id === `hit-${active}`)));
  if (active < 0) return $("search").removeAttribute("aria-activedescendant");
  $("search").setAttribute("aria-activedescendant", `hit-${active}`);
  $(`hit-${active}`).scrollIntoView({ block: "nearest" });
}

function close() {
  forget();
  hits = [];
  active = -1;
  $("hits").hidden = true;
  $("hits").replaceChildren();
  $("search").setAttribute("aria-expanded", "false");
  $("search").removeAttribute("aria-activedescendant");
}

function choose(place) {
  const game = hits[place];
  $("search").value = "";
  close();
  like(game.app_id);
}

function key(event) {
  if (event.isComposing) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && hits.length) {
    active = active < 0 ? (step > 0 ? 0 : hits.length - 1) : (active + step + hits.length) % hits.length;
    mark();
  } else if (event.key === "Enter" && active >= 0) {
    choose(active);
  } else if (event.key === "Enter" && timer) {
    entered = true;
  } else if (event.key === "Escape") {
    close();
  } else if (event.key === "Backspace" && !event.repeat && !$("search").value && state.liked.length) {
    unlike(state.liked.at(-1));
  } else {
    return;
  }
  event.preventDefault();
}

// --- start

$("search").addEventListener("input", typed);
$("search").addEventListener("keydown", key);
$("search").addEventListener("blur", close);
document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input[type=text]") || event.ctrlKey || event.metaKey || event.altKey;
  if (event.key !== "/" || typing) return;
  event.preventDefault();
  $("search").focus();
});
for (const radio of document.querySelectorAll("input[name=by]")) {
  radio.addEventListener("change", () => go({ by: radio.value }));
}
$("clear").addEventListener("click", () => { go({ liked: [] }); $("search").focus(); });
$("share").addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(location.href);
    $("share").textContent = "Copied";
  } catch {
    $("share").textContent = "Copy the address bar";
  }
  setTimeout(() => { $("share").textContent = "Copy link"; }, 1800);
});
addEventListener("popstate", () => { state = stateOf(location.search); show(); });

state = stateOf(location.search);
show();
ask("version").then((version) => {
  $("simulated").hidden = !version.simulated;
  $("version").textContent = `SRec ${version.srec}, ${version.games.toLocaleString("en")} games, bundle ${version.bundle.slice(0, 8)}`;
}).catch(() => {});
