"""The settings of an update. Paths are relative to the recipe's folder."""

from typing import Annotated, ClassVar

from pydantic import Field

from srec.settings import Settings

Share = Annotated[float, Field(ge=0, le=1)]


class UpdateSettings(Settings):
    """Where reviews come from, where everything is kept, and what may be published."""

    section: ClassVar[str] = "update"
    reviews: str = Field("", description="the file, folder or URL of the reviews; empty: none are read")
    source: str = Field("table", description="the kind of source, as for `srec ingest`")
    columns: dict[str, str] = Field({}, description="for a table, its columns of reviews, by our names")
    positive: str = Field(
        "", description='for a table without such a flag, "all" or a rule such as "rating >= 4"'
    )
    query: str = Field("", description="for a table in PostgreSQL, the SELECT that gives the reviews")
    games: str = Field("", description="a table of games; empty: none is read")
    game_columns: dict[str, str] = Field({}, description="its columns, by our names")
    crawl: tuple[Annotated[int, Field(ge=1, lt=2**31)], ...] = Field(
        (), description="app ids whose new reviews are fetched from Steam first"
    )
    crawl_budget: int = Field(1000, ge=1, description="requests that one update may send to Steam")
    store: str = Field("store.duckdb", description="the store, a DuckDB file or a postgresql:// URL")
    work: str = Field("work", description="the folder of the dataset, the run, the report and the log")
    models: str = Field("models", description="the folder of published versions")
    model: str = Field("smart", description="the model to train")
    warm: int = Field(
        0,
        ge=0,
        description="for a learnt model: so many updates in a row train on from the last one's weights, for"
        " one epoch, and the next one trains anew",
    )
    memory: str = Field("2GB", description="what the database may use before it spills to disk")
    threads: int | None = Field(None, ge=1, description="threads to use; all cores if left out")
    least_kept: Share = Field(
        0.3,
        description="the share of the served version's answers (Jaccard@10) that must stay",
    )
    least: dict[str, float] = Field({}, description="figures that must reach a limit, such as recall = 0.2")
    most: dict[str, float] = Field({}, description="figures that must not exceed one, such as overlap = 6")
    keep: int = Field(5, ge=1, description="how many of the newest versions stay")
