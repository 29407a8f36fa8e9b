"""The words of the simulated Steam: topics with their tags, and invented names."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Topic:
    """What a simulated game can be about."""

    genre: str
    tags: tuple[str, ...]  # most typical first
    nouns: tuple[str, ...]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _topic(genre: str, tags: str, nouns: str) -> Topic:
    return Topic(genre, tuple(tags.split(", ")), _words(nouns))


#: Most popular first.
TOPICS = (
    _topic(
        "Action",
        "FPS, Shooter, First-Person, Military, Competitive",
        "Trigger Sector Vanguard Ordnance Salvo Recon Breach Bulwark Caliber Outpost",
    ),
    _topic(
        "Action",
        "Survival, Crafting, Open World, Base Building, Sandbox",
        "Hearth Shelter Driftwood Wilds Campfire Thicket Castaway Bramble Homestead Tundra",
    ),
    _topic(
        "RPG",
        "RPG, Fantasy, Story Rich, Dark Fantasy, Character Customization",
        "Grimoire Oath Crown Wyrm Paladin Chronicle Relic Covenant Saga Throne",
    ),
    _topic(
        "Strategy",
        "Strategy, Turn-Based Strategy, 4X, Grand Strategy, Historical",
        "Dominion Frontier Dynasty Marshal Citadel Treaty Banner Province Legion Regent",
    ),
    _topic(
        "Simulation",
        "Simulation, Management, City Builder, Economy, Resource Management",
        "Tycoon Junction Harbour Depot Boulevard Foundry Terminal Ledger Mayor Quarry",
    ),
    _topic(
        "Indie",
        "Roguelike, Roguelite, Procedural Generation, Dungeon Crawler, Permadeath",
        "Delve Descent Lantern Catacomb Gambit Omen Shard Rift Ember Abyss",
    ),
    _topic(
        "Adventure",
        "Horror, Psychological Horror, Survival Horror, Dark, Atmospheric",
        "Whisper Asylum Hollow Dread Cellar Mourning Shade Static Nightfall Hush",
    ),
    _topic(
        "Indie",
        "Platformer, 2D Platformer, Metroidvania, Side Scroller, Pixel Graphics",
        "Leap Spring Sprocket Sparrow Mossling Rocket Pebble Wick Bounder Thimble",
    ),
    _topic(
        "Casual",
        "Puzzle, Logic, Relaxing, Minimalist, Physics",
        "Tangle Prism Hinge Cipher Lattice Pattern Domino Mosaic Pivot Circuit",
    ),
    _topic(
        "Action",
        "Souls-like, Difficult, Hack and Slash, Action RPG, Boss Rush",
        "Ashes Penance Requiem Cinder Pilgrim Vow Bastion Wraith Edict Pyre",
    ),
    _topic(
        "Simulation",
        "Space, Sci-fi, Futuristic, Exploration, Flight",
        "Orbit Nebula Horizon Starliner Comet Beacon Voyager Parallax Drift Apogee",
    ),
    _topic(
        "Racing",
        "Racing, Driving, Automobile Sim, Motorsport, Offroad",
        "Apex Throttle Chicane Slipstream Rally Gearbox Paddock Circuitry Redline Hairpin",
    ),
    _topic(
        "Sports",
        "Sports, Football, Team-Based, Local Multiplayer, e-sports",
        "League Kickoff Pennant Rookie Sideline Champion Dugout Striker Playoff Stadium",
    ),
    _topic(
        "Casual",
        "Farming Sim, Life Sim, Cute, Agriculture, Cozy",
        "Orchard Meadow Cottage Acorn Pasture Bakery Clover Teahouse Garden Beehive",
    ),
    _topic(
        "Adventure",
        "Visual Novel, Anime, Romance, Choices Matter, Multiple Endings",
        "Letters Promise Cherry Diary Umbrella Serenade Festival Ribbon Summer Lullaby",
    ),
    _topic(
        "Strategy",
        "Card Game, Deckbuilding, Tactical, Turn-Based Combat, Board Game",
        "Deck Wager Hand Tarot Shuffle Ante Sigil Pawn Gambler Trick",
    ),
)

#: Tags of any topic, with the share of games that have them.
COMMON_TAGS = {
    "Singleplayer": 0.8,
    "Indie": 0.6,
    "Multiplayer": 0.3,
    "Co-op": 0.25,
    "Online Co-Op": 0.15,
    "Early Access": 0.15,
    "Great Soundtrack": 0.15,
    "Funny": 0.12,
    "Controller": 0.1,
    "Colorful": 0.1,
    "Moddable": 0.05,
    "VR": 0.04,
}

_ADJECTIVES = _words(
    "Amber Ashen Bitter Brave Bright Broken Burning Clever Cobalt Copper Crimson Distant Drowned Emerald"
    " Endless Fading Fallen Feral Final Forgotten Frozen Gentle Gilded Golden Hidden Humble Iron Ivory"
    " Last Little Lucky Lost Midnight Narrow Nimble Obsidian Pale Quiet Restless Rusty Sacred Scarlet Secret"
    " Silent Silver Sleepy Solar Stolen Stubborn Sunken Tidal Tiny Twisted Velvet Violet Wandering Wicked"
)
_PLACE_HEADS = _words("Ald Bran Cor Dun El Fen Gal Hal Ister Kel Lor Mar Nor Oren Pel Quill Rav Sel Tor Ves")
_PLACE_TAILS = _words(
    "aria bury by dale eth fall ford gard haven holm ia mere moor mouth ora shire stead vale yn"
)
_STUDIO_TAILS = _words("Games Studio Interactive Works Forge Collective Software Arts Labs Entertainment")

LANGUAGES = {
    "english": 0.42,
    "schinese": 0.24,
    "russian": 0.13,
    "spanish": 0.05,
    "german": 0.05,
    "brazilian": 0.05,
    "turkish": 0.03,
    "french": 0.03,
}


def titles(topics: Iterable[int], generator: np.random.Generator) -> list[str]:
    """A name for a game of each topic, all different; a name that comes again is a sequel: "Pale Lantern 2".

    Args:
        topics: the place in TOPICS of each game's topic.
        generator: of everything that is drawn.
    """
    return list(_sequels(_title(TOPICS[topic].nouns, *_picks(generator)) for topic in topics))


def studios(count: int, generator: np.random.Generator) -> list[str]:
    """Names of developers, all different.

    Args:
        count: how many.
        generator: of everything that is drawn.
    """
    return list(_sequels(_studio(*_picks(generator)) for _ in range(count)))


def _picks(generator: np.random.Generator) -> list[int]:
    return generator.integers(1 << 30, size=5).tolist()  # type: ignore[no-any-return]


def _title(nouns: tuple[str, ...], form: int, first: int, second: int, head: int, tail: int) -> str:
    adjective, noun = _ADJECTIVES[first % len(_ADJECTIVES)], nouns[second % len(nouns)]
    place = _place(head, tail)
    forms = (f"{adjective} {noun}", f"{noun} of {place}", f"{place}: {adjective} {noun}", f"{place} {noun}")
    return forms[form % len(forms)]


def _studio(form: int, first: int, second: int, head: int, tail: int) -> str:
    word = _ADJECTIVES[first % len(_ADJECTIVES)] if form % 2 else _place(head, tail)
    return f"{word} {_STUDIO_TAILS[second % len(_STUDIO_TAILS)]}"


def _place(head: int, tail: int) -> str:
    return _PLACE_HEADS[head % len(_PLACE_HEADS)] + _PLACE_TAILS[tail % len(_PLACE_TAILS)]


def _sequels(names: Iterable[str]) -> Iterator[str]:
    seen: dict[str, int] = {}
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        yield name if seen[name] == 1 else f"{name} {seen[name]}"
