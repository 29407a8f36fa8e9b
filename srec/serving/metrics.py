"""``/metrics``: what the processes of a server have counted, and how old what they answer with is."""

from collections.abc import Iterator
from typing import get_args

from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder

from srec import __version__
from srec.inference.answers import Name
from srec.publishing.version import Version
from srec.serving.counts import BOUNDS, ENDPOINTS, FILTERED, REFUSED, STATUSES, Counts, Series

_COUNTERS = {
    "named": ("srec_named_ids", "App ids that requests named"),
    "unknown": ("srec_unknown_ids", "Named app ids that the model does not know"),
    "shown": ("srec_shown_games", "Games in answers"),
    "popular": (
        "srec_shown_popular_games",
        "Games in answers that are among the most popular ones left, as many as were shown",
    ),
    "empty": ("srec_empty_answers", "Answers without a game"),
    "swaps": ("srec_swaps", "Published versions that were swapped in, in each process"),
    "refused_versions": ("srec_refused_versions", "Published versions that were refused, in each process"),
}


class Metrics:
    """Writes the metrics of a server.

    Args:
        counts: those of this process, beside the others'.
        version: what this process answers with.
    """

    def __init__(self, counts: Counts, version: Version) -> None:
        self._counts, self._version = counts, version
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def write(self, accept: str) -> tuple[bytes, str]:
        """The metrics and their media type.

        Args:
            accept: the request's header; Prometheus asks for OpenMetrics, and gets it.
        """
        encode, media_type = choose_encoder(accept)
        return encode(self._registry), media_type

    def collect(self) -> Iterator[Metric]:
        """The families, as prometheus-client takes them."""
        total = self._counts.table.total()
        requests = CounterMetricFamily("srec_requests", "Answered requests", labels=("endpoint", "status"))
        for endpoint in ENDPOINTS:
            for status in STATUSES:
                requests.add_metric((endpoint, status), total["requests", endpoint, status])
        yield requests
        refused = CounterMetricFamily(
            "srec_refused_connections", "Requests that were cut off", labels=("status",)
        )
        for code in REFUSED:
            refused.add_metric((str(code),), total["refused", code])
        yield refused
        yield self._seconds(total)
        for series, (name, said) in _COUNTERS.items():
            yield CounterMetricFamily(name, said, value=total[series,])
        yield from self._ages()

    def _seconds(self, total: dict[Series, float]) -> Metric:
        family = HistogramMetricFamily(
            "srec_answer_seconds",
            "Seconds from a request, once it was read, to its answer",
            labels=("recommender", "filtered"),
        )
        for name in get_args(Name):
            for filtered in FILTERED:
                count, buckets = 0.0, []
                for bound in BOUNDS:
                    count += total["seconds", name, filtered, bound]
                    buckets.append(("+Inf" if bound == float("inf") else str(bound), count))
                family.add_metric((name, filtered), buckets, total["seconds", name, filtered, "sum"])
        return family

    def _ages(self) -> Iterator[Metric]:
        version = self._version
        info = {"version": __version__, "bundle": version.bundle, "model": version.model}
        yield InfoMetricFamily("srec", "What the answering process runs", value=info)
        ages = {
            "srec_model_age_seconds": ("Since the served bundle was made", version.made_age()),
            "srec_data_age_seconds": ("Since the day of the newest review that it knows", version.age()),
        }
        for name, (said, days) in ages.items():
            if days is not None:
                yield GaugeMetricFamily(name, said, value=days * 86_400)
