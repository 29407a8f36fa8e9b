"""Fifteen tastes of three games each, as a person who knows Steam would name them."""

TASTES: dict[str, tuple[int, int, int]] = {
    "first-person puzzles": (400, 257510, 219890),  # Portal, The Talos Principle, Antichamber
    "roguelikes": (113200, 241600, 239350),  # The Binding of Isaac, Rogue Legacy, Spelunky
    "builders": (255710, 233450, 427520),  # Cities: Skylines, Prison Architect, Factorio
    "horror": (57300, 238320, 282140),  # Amnesia, Outlast, SOMA
    "grand strategy": (203770, 236850, 8930),  # Crusader Kings II, Europa Universalis IV, Civilization V
    "shooters with friends": (550, 49520, 218620),  # Left 4 Dead 2, Borderlands 2, PAYDAY 2
    "stories": (319630, 207610, 383870),  # Life is Strange, The Walking Dead, Firewatch
    "role-playing": (22380, 20920, 377160),  # Fallout: New Vegas, The Witcher 2, Fallout 4
    "trucks and trains": (227300, 24010, 228380),  # Euro Truck Simulator 2, Train Simulator, Wreckfest
    "hand-drawn platformers": (367520, 214560, 387290),  # Hollow Knight, Mark of the Ninja, Ori
    "survival": (105600, 252490, 108600),  # Terraria, Rust, Project Zomboid
    "stealth": (205100, 235600, 203140),  # Dishonored, Thief, Hitman: Absolution
    "tactics": (200510, 268500, 243970),  # XCOM, XCOM 2, Invisible, Inc.
    "dark souls": (211420, 236430, 374320),  # Dark Souls I, II and III
    "hard platformers": (40800, 268910, 70300),  # Super Meat Boy, Cuphead, VVVVVV
}
