#!/bin/sh
# Every way to run the model at SRec's real size, 42,429 games, with the dimensions 128 and 368: a simulated Steam is
# made and trained on, shortly, for speed and order are what is measured; then the server, on the bundle of dimension
# 128. Hours on one core, most of them training.
# Where the models and datasets of runs/leaderboards.sh are there, real items are measured too. After `make .venv/installed-dev`:
#   PATH=.venv/bin:$PATH sh runs/bench-inference.sh
# INPUTS inputs of each kind for all contenders, and WORK for what is made, may be set; order is counted on 10,000.
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
