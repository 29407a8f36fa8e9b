"""A small shop: simulated reviews, and a recipe that updates a model from them."""

from pathlib import Path

from srec.simulate.world import SimulateSettings, simulate

RECIPE = """
[update]
reviews = "world"
source = "simulated"
threads = 1
least_kept = 0.05
[prepare]
popular_games = 0
test_days = 300
valid_days = 300
[tags]
dimension = 8
[evaluation]
resamples = 100
[visitors]
players = 50
told = [1, 3]
"""


def write_worlds(folder: Path) -> list[Path]:
    """Reviews of two periods."""
    made = [folder / "1", folder / "2"]
    for seed, target in enumerate(made):
        simulate(target, SimulateSettings(reviews=2000, games=60, seed=seed))
    return made


def open_shop(folder: Path, world: Path) -> Path:
    """The recipe of a shop that has these reviews."""
    folder.mkdir(exist_ok=True)
    (folder / "world").symlink_to(world)
    recipe = folder / "srec.toml"
    recipe.write_text(RECIPE, encoding="utf-8")
    return recipe


def other_reviews(recipe: Path, world: Path) -> None:
    """Others come in."""
    link = recipe.parent / "world"
    link.unlink()
    link.symlink_to(world)
