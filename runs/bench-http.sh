#!/bin/sh
# A bundle of as many games as SRec's real one, and the server's benchmark on it. After `make demo SERVE=0`, which
# installs:
#   PATH=.venv/bin:$PATH sh runs/bench-http.sh
# Its weights are those of one epoch: what is measured is speed, which does not depend on how good they are.
set -eu
cd "$(dirname "$0")/.."
work=work/games-42k recipe=recipes/games-42k.toml

srec simulate "$work/world" --recipe "$recipe"
srec ingest "$work/store.duckdb" "$work/world" --source simulated
srec prepare "$work/store.duckdb" "$work/dataset" --recipe "$recipe"
srec train "$work/dataset" "$work/gce-gnn" --model gce-gnn --recipe "$recipe" --set training.epochs=1
srec export "$work/dataset" "$work/gce-gnn" "$work/bundle"
srec bench http "$work/bundle" --result benchmarks/results/bench-http.json
