// The address is the state (?liked=620,400&not=570): everything shown follows from it, so a link is a list.

export const MOST = 100;
export const LISTS = { liked: "liked", disliked: "not", owned: "own" }; // what they are called in the address
export const NUMBERS = ["released_from", "released_to", "most_cents"];
const EARLY = ["Early Access"];
const ADULT = ["Sexual Content", "Nudity", "NSFW", "Hentai"];
const KEPT = ["frame", "lang"]; // what is not the visitor's own
export const PLAIN = { liked: [], disliked: [], owned: [], by: "smart", popularity: null, must: [], must_not: [], released_from: null,
  released_to: null, most_cents: null, variety: null, seed: null, platforms: [], unrated: false, early: false, adult: false };
const PLATFORMS = ["windows", "mac", "linux"];
const SWITCHES = ["unrated", "early", "adult"];

export function stateOf(address) {
  const given = new URLSearchParams(address.replace(/^[^?]*/, ""));
  const read = { ...PLAIN, by: given.get("by") === "tags" ? "tags" : "smart" };
  for (const name of SWITCHES) read[name] = given.has(name);
  read.platforms = PLATFORMS.filter((name) => given.getAll("platforms").join().split(",").includes(name));
  for (const [list, name] of Object.entries(LISTS)) {
    const ids = (given.get(name) ?? "").split(",").filter((text) => /^[1-9]\d{0,9}$/.test(text)).map(Number);
    read[list] = [...new Set(ids.filter((id) => id < 2 ** 31))].slice(0, MOST);
  }
  for (const list of ["must", "must_not"]) read[list] = [...new Set(given.getAll(list))].filter((tag) => tag && tag.length <= 100).slice(0, 10);
  const number = (name, low, high) => (/^\d{1,9}$/.test(given.get(name) ?? "") && +given.get(name) >= low && +given.get(name) <= high ? +given.get(name) : null);
  return { ...read, popularity: number("popularity", 0, 100), released_from: number("released_from", 1900, 2999),
    released_to: number("released_to", 1900, 2999), most_cents: number("most_cents", 0, 1e9), variety: number("variety", 0, 100), seed: number("seed", 0, 999999999) };
}

export function addressOf(state) {
  const parts = Object.entries(LISTS).filter(([list]) => state[list].length).map(([list, name]) => `${name}=${state[list].join(",")}`);
  if (state.by !== "smart") parts.push(`by=${state.by}`);
  for (const name of ["popularity", ...NUMBERS, "variety", "seed"]) if (state[name] !== null) parts.push(`${name}=${state[name]}`);
  for (const name of ["must", "must_not"]) parts.push(...state[name].map((tag) => `${name}=${encodeURIComponent(tag)}`));
  if (state.platforms.length) parts.push(`platforms=${state.platforms.join(",")}`);
  for (const name of SWITCHES) if (state[name]) parts.push(`${name}=1`);
  const here = new URLSearchParams(location.search);
  for (const name of KEPT) if (here.get(name)) parts.push(`${name}=${encodeURIComponent(here.get(name))}`);
  return parts.length ? `?${parts.join("&")}` : "./";
}

// A game is in one list; every other one forgets it.
export function moved(state, id, to) {
  const next = {};
  for (const list of Object.keys(LISTS)) next[list] = state[list].filter((other) => other !== id);
  if (to) next[to] = [...next[to], id];
  return next;
}

// What the API is asked for.
export function wishes(state, k) {
  const filters = filtersOf(state);
  const body = { liked: state.liked, disliked: state.disliked, excluded: state.owned, k, recommender: state.by, filters };
  if (state.popularity !== null) body.popularity = state.popularity / 100;
  if (state.variety) body.variety = state.variety / 100;
  return state.seed === null ? body : { ...body, seed: state.seed };
}

export function filtersOf(state) {
  const off = [...(state.early ? [] : EARLY), ...(state.adult ? [] : ADULT)].filter((tag) => !state.must.includes(tag));
  const filters = { must: state.must, must_not: [...new Set([...state.must_not, ...off])] };
  for (const name of NUMBERS) if (state[name] !== null) filters[name] = state[name];
  if (state.platforms.length) filters.platforms = state.platforms;
  if (state.unrated) filters.unrated = true;
  return filters;
}
