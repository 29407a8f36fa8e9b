#!/bin/sh
# Measures every way to run the model at SRec's real size, 42,429 games, with the dimensions 128 and 368. It makes a
# simulated Steam and trains on it briefly, because speed and order are measured, not quality. Then it measures the
# server, with the bundle of dimension 128. It takes hours on one core, most of them training.
# Real items are measured too, if the models and datasets of runs/leaderboards.sh are there.
# After `make .venv/installed-dev`:
#   PATH=.venv/bin:$PATH sh runs/bench-inference.sh
#   INPUTS  inputs of each kind for all contenders; 2000 if empty. Order is counted on 10,000.
#   WORK    where everything is made; work/games-42k if empty
# Results go to benchmarks/results.
set -eu
cd "$(dirname "$0")/.."
results=benchmarks/results work=${WORK:-work/games-42k} inputs=${INPUTS:-2000} recipe=recipes/games-42k.toml

# bench NAME DATASET RUN
bench() {
    srec bench inference "$2" "$3" --inputs "$inputs" --result "$results/bench-inference-$1.json"
}

srec simulate "$work/world" --recipe "$recipe"
srec ingest "$work/store.duckdb" "$work/world" --source simulated
for size in 128:2 368:1; do # dimension and epochs
    dimension=${size%%:*} epochs=${size##*:}
    srec prepare "$work/store.duckdb" "$work/dataset-$dimension" --recipe "$recipe" \
        --set "tags.dimension=$dimension"
    srec train "$work/dataset-$dimension" "$work/run-$dimension" --recipe "$recipe" --threads 1 \
        --set "gce-gnn.dimension=$dimension" --set "training.epochs=$epochs"
    bench "games-42k-$dimension" "$work/dataset-$dimension" "$work/run-$dimension"
    srec bench inference "$work/dataset-$dimension" "$work/run-$dimension" --inputs 10000 \
        --contenders eager,onnx-float32,srec --result "$results/bench-inference-games-42k-$dimension-exact.json"
done

srec export "$work/dataset-128" "$work/run-128" "$work/bundle-128"
srec bench http "$work/bundle-128" --result "$results/bench-http.json"

sessions=work/sessions/diginetica
if [ -f "$sessions/paper-0/manifest.json" ]; then
    bench diginetica "$sessions/paper" "$sessions/paper-0"
fi
if [ -f "$sessions/runs/sr-gnn-0/manifest.json" ]; then
    srec bench inference "$sessions/honest" "$sessions/runs/sr-gnn-0" --inputs "$inputs" \
        --contenders onnx-float32,srec --result "$results/bench-inference-diginetica-sr-gnn.json"
fi
steam=work/steam/all
if [ -f "$steam/manifest.json" ]; then
    srec train "$steam" "$work/run-steam" --recipe recipes/steam-ucsd.toml --threads 1
    srec bench inference "$steam" "$work/run-steam" --inputs "$inputs" \
        --contenders eager,onnx-float32,srec --result "$results/bench-inference-steam-ucsd.json"
fi
