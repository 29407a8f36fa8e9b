// A game as a card: its picture, its facts, and why it came. The figures are the recommender's own.

import { language, say } from "./words.js";

const SOME = 0.1; // of a score: what a dislike takes away is said from here on

export function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

export function nameOf(game, id) {
  return game?.name || say("nameless", { id: game?.app_id ?? id });
}

// What brought a game: the games with the largest parts of its score, in proportion.
export function reason(game, names) {
  if (!game.parts) return say(game.shared_tags.length ? "in_common" : "often_next");
  const all = game.parts.map((part, place) => ({ part, name: names[place] })).sort((one, other) => other.part - one.part);
  const brought = all.filter(({ part }) => part > 0);
  const why = mainly(game, brought);
  const least = all.at(-1);
  return least && least.part < -SOME * Math.abs(game.score) ? say("less_for", { why, name: least.name }) : why;
}

function mainly({ popularity, quality }, brought) {
  const taste = brought.reduce((sum, { part }) => sum + part, 0);
  if (Math.max(popularity, quality) > taste) return say(quality > popularity ? "few_dislike" : "by_everybody");
  const [first, second, third] = brought;
  if (!first) return say("often_next");
  const named = { first: first.name, second: second?.name };
  if (!second || first.part > 4 * second.part) return say("because", named);
  if (first.part > 1.5 * second.part) return say("mostly", named);
  return say(third && second.part < 1.5 * third.part ? "and_others" : "both", named);
}

// The whole sum, the largest part first.
function sum(game, names) {
  const parts = game.parts.map((part, place) => [names[place], part]);
  parts.push([say("quality"), game.quality], [say("popular_part"), game.popularity]);
  parts.sort((one, other) => Math.abs(other[1]) - Math.abs(one[1]));
  const row = ([name, part]) => element("tr", {}, element("th", { scope: "row", textContent: name }), element("td", { textContent: figure(part) }));
  const total = row([say("score"), game.score]);
  total.className = "total";
  const table = element("table", {}, element("caption", { textContent: say("sum_of") }), element("tbody", {}, ...parts.map(row), total));
  const opened = element("details", { className: "sum" }, element("summary", { textContent: say("why") }), table);
  if (game.shared_tags.length) opened.append(element("p", { textContent: say("tags_described", { tags: game.shared_tags.join(", ") }) }));
  return opened;
}

function figure(part) {
  return part.toLocaleString(language, { minimumFractionDigits: 2, maximumFractionDigits: 2, signDisplay: "exceptZero" });
}

export function card(game, why, names, did) {
  const title = element("a", { href: `game/${game.app_id}${location.search}`, textContent: game.name });
  const facts = [game.release_year, price(game), game.genres.slice(0, 2).join(", ")].filter(Boolean).join(" · ");
  const shared = new Set(game.shared_tags);
  const tags = shared.size ? [...shared] : game.tags.slice(0, 5);
  const actions = element("div", { className: "actions" });
  for (const what of ["like", "dislike", "own"]) {
    const button = element("button", { type: "button", className: what, textContent: say(what) });
    button.setAttribute("aria-label", say(`${what}_it`, { name: game.name }));
    button.setAttribute("aria-keyshortcuts", what[0]);
    button.addEventListener("click", () => did(what, game));
    actions.append(button);
  }
  if (game.store_url) actions.append(shopLink(game));
  const list = tags.map((tag) => element("li", { className: shared.has(tag) ? "shared" : "", textContent: tag }));
  const body = element("div", { className: "facts" }, element("h2", {}, title), element("p", { className: "about", textContent: facts }),
    element("p", { className: "why", textContent: why }));
  if (game.parts) body.append(sum(game, names));
  body.append(element("ul", { className: "tags" }, ...list), actions);
  const made = element("li", { className: "card" }, art(game), body);
  made.addEventListener("keydown", (event) => {
    const what = { l: "like", d: "dislike", o: "own" }[event.key];
    if (!what || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    did(what, game);
  });
  return made;
}

export function shopLink(game) {
  const shop = game.store_url.startsWith("https://store.steampowered.com/") ? "store" : "shop";
  return link(game.store_url, say(shop), say(`${shop}_of`, { name: game.name }));
}

function link(address, text, label) {
  const made = element("a", { href: address, textContent: text, target: "_blank", rel: "noopener noreferrer" });
  if (label) made.setAttribute("aria-label", label);
  return made;
}

// A list price of 0 alone says nothing: games that are sold in parts or no longer have it too.
function price({ is_free: free, price_usd_cents: cents }) {
  if (free) return say("is_free");
  return cents ? `$${(cents / 100).toFixed(2)}` : "";
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
