"""The public sets: where they are published, how large they are, and what is known of them.

SRec ships and mirrors none of them. Sizes are those that the publishers state.
"""

from dataclasses import dataclass

_UCSD = "https://cseweb.ucsd.edu/~jmcauley/datasets.html#steam_data"
_NONE = "none stated; ask the authors if you want to do more than research"
_LAB = "https://mcauleylab.ucsd.edu/public_datasets/data/steam"
_KANG = "https://cseweb.ucsd.edu/~wckang"


@dataclass(frozen=True)
class File:
    """A file of a set.

    Attributes:
        url: where it is published.
        megabytes: about how large it is.
        sha256: of its content; None where nobody has stated one.
    """

    url: str
    megabytes: float
    sha256: str | None = None

    @property
    def name(self) -> str:
        """The file's name."""
        return self.url.rsplit("/", 1)[-1]


@dataclass(frozen=True)
class PublicSet:
    """A public data set.

    Attributes:
        page: the page that describes it.
        licence: what its publishers allow.
        content: what is known to be in it.
        then: what to do with it; ``{folder}`` stands for where it is.
        files: what is fetched; none where the publisher wants a login or a form.
    """

    page: str
    licence: str
    content: str
    then: str
    files: tuple[File, ...] = ()

    @property
    def megabytes(self) -> float:
        """About how large it is."""
        return sum(file.megabytes for file in self.files)


_GAMES = File(f"{_KANG}/steam_games.json.gz", 2.7)
_INGEST = "srec ingest work/store.duckdb {folder} --source ucsd"
_CONVERT = "docs/how-to/data.md tells which two Parquet files to make of it"

SETS = {
    "ucsd": PublicSet(
        _UCSD,
        _NONE,
        "59,305 Steam reviews with verdict and day, until September 2016, and a catalogue with tags",
        _INGEST,
        (File(f"{_LAB}/australian_user_reviews.json.gz", 6.7), _GAMES),
    ),
    "ucsd-libraries": PublicSet(
        _UCSD,
        _NONE,
        "the libraries of 88,310 Steam players with minutes played, without dates, and a catalogue",
        _INGEST,
        (File(f"{_LAB}/australian_users_items.json.gz", 71), _GAMES),
    ),
    "ucsd-v2": PublicSet(
        _UCSD,
        _NONE,
        "7,793,069 Steam reviews with day and hours, until January 2018, without verdict, and a catalogue",
        _INGEST,
        (File(f"{_KANG}/steam_reviews.json.gz", 1300), _GAMES),
    ),
    "yoochoose": PublicSet(
        "https://recsys.acm.org/recsys15/challenge/",
        "CC BY-NC-ND 4.0",
        "33 million clicks and 1.2 million purchases of a shop in six months of 2014, as a 7z archive",
        _CONVERT,
        (File("https://s3-eu-west-1.amazonaws.com/yc-rdata/yoochoose-data.7z", 290),),
    ),
    "recommendations": PublicSet(
        "https://www.kaggle.com/datasets/antonkozyriev/game-recommendations-on-steam",
        "CC0",
        "41 million Steam recommendations with verdict, day and hours, and a catalogue",
        "srec ingest work/store.duckdb recommendations.csv --source table"
        " --column positive=is_recommended --column created_at=date",
    ),
    "diginetica": PublicSet(
        "https://competitions.codalab.org/competitions/11161",
        "the terms of the CIKM Cup 2016",
        "sessions of a shop; the GCE-GNN authors' preprocessing has 43,097 items",
        _CONVERT,
    ),
    "tmall": PublicSet(
        "https://tianchi.aliyun.com/dataset/42",
        "the terms of the IJCAI-15 competition",
        "what shoppers clicked and bought; the GCE-GNN authors' preprocessing has 40,727 items",
        _CONVERT,
    ),
    "nowplaying": PublicSet(
        "https://dbis.uibk.ac.at/node/263",
        "see the page",
        "songs that people tweeted to listen to (Zangerle et al., 2014)",
        _CONVERT,
    ),
    "retailrocket": PublicSet(
        "https://www.kaggle.com/datasets/retailrocket/ecommerce-dataset",
        "CC BY-NC-SA 4.0",
        "2.8 million views, carts and purchases of a shop in four and a half months",
        _CONVERT,
    ),
}
