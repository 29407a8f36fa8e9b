#!/bin/sh
# Measures what each part of the modified GCE-GNN is worth on real reviews, and what it changes to exclude users who
# review nothing but popular games. It reads the store of `make demo DATA=... SERVE=0`:
#   PATH=.venv/bin:$PATH sh runs/steam-parts.sh
# The reports' JSON goes to benchmarks/results.
set -eu
cd "$(dirname "$0")/.."
store=work/steam/store.duckdb recipe=recipes/steam-ucsd.toml out=work/parts results=benchmarks/results
mkdir -p "$results"

# compare NAME VARIANT...: train the variants on the dataset NAME, and measure them in one report.
compare() {
    name=$1
    shift
    reports=""
    for variant in "$@"; do
        options=$(echo "$variant" | cut -d: -f2)
        variant=${variant%%:*}
        # shellcheck disable=SC2086 -- the options are separate words
        srec train "$out/$name/dataset" "$out/$name/$variant" --recipe "$recipe" $options
        reports="$reports --run $out/$name/$variant"
    done
    # shellcheck disable=SC2086
    srec evaluate "$out/$name/dataset" "$out/$name/report" $reports --recipe "$recipe"
    cp "$out/$name/report/report.json" "$results/steam-ucsd-$name.json"
}

srec prepare "$store" "$out/all/dataset" --recipe "$recipe"
compare all \
    "gce-gnn:" \
    "no-half-life:--set training.half_life_days=100000" \
    "no-tags:--set gce-gnn.tags=false" \
    "no-context:--set gce-gnn.context=false" \
    "no-tags-no-context:--set gce-gnn.tags=false --set gce-gnn.context=false" \
    "no-global-graph:--set gce-gnn.hops=0" \
    "two-hops:--set gce-gnn.hops=2"

srec prepare "$store" "$out/filtered/dataset" --recipe "$recipe" --set prepare.popular_games=100
compare filtered "gce-gnn:"
