#!/bin/sh
# Makes the leaderboards, the reproduction and the training benchmarks, or goes on with them. It takes days on one core.
# Rows that are in benchmarks/results already are not measured again; delete a row's file to measure it again.
# After `make .venv/installed-dev`:
#   SETS=FOLDER STEAM=FOLDER PATH=.venv/bin:$PATH sh runs/leaderboards.sh
#   SETS   the folder with diginetica/ and tmall/ (docs/how-to/data.md says where to get both)
#   STEAM  the folder with the UCSD Steam reviews and games
set -eu
sets=$(cd "${SETS:?the folder with tmall/ and diginetica/}" && pwd)
steam=$(cd "${STEAM:?the folder with the UCSD reviews}" && pwd)
cd "$(dirname "$0")/.."
results=benchmarks/results work=work/sessions

for set in tmall diginetica; do
    srec leaderboard --dataset "$set" --data "$sets" --target "$results/leaderboard-$set" --threads 1
    for protocol in paper honest; do
        srec reproduce gce-gnn --dataset "$set" --data "$sets" --protocol "$protocol" --threads 1
        cp "$work/$set/$protocol.json" "$results/reproduce-$set-$protocol.json"
    done
    for threads in 1 2; do
        srec bench training --dataset "$set" --data "$sets" --threads "$threads" \
            --result "$results/bench-training-$set-$threads-thread.json"
    done
done

# Reviews of games, and what it changes to exclude users who review nothing but popular games.
srec ingest work/steam/store.duckdb "$steam" --source ucsd
srec simulate work/simulated-1m/world --recipe recipes/simulated-1m.toml
srec ingest work/simulated-1m/store.duckdb work/simulated-1m/world --source simulated
few=popularity,popularity-recent,tags,markov,rules,item-knn,srec
for filter in all:0 filtered:100; do
    name=${filter%%:*} games=${filter##*:}
    srec prepare work/steam/store.duckdb "work/leaderboards/steam-ucsd-$name" \
        --recipe recipes/steam-ucsd.toml --set "prepare.popular_games=$games"
    srec leaderboard --dataset "work/leaderboards/steam-ucsd-$name" --recipe recipes/steam-ucsd.toml \
        --target "$results/leaderboard-steam-ucsd-$name" --work work/leaderboards --threads 1
    srec prepare work/simulated-1m/store.duckdb "work/leaderboards/simulated-1m-$name" \
        --recipe recipes/simulated-1m.toml --set "prepare.popular_games=$games"
    srec leaderboard --dataset "work/leaderboards/simulated-1m-$name" --recipe recipes/simulated-1m.toml \
        --rows "$few" --target "$results/leaderboard-simulated-1m-$name" --work work/leaderboards --threads 1
done

# The next game of longer sequences without dates.
srec ingest work/steam-last/store.duckdb "$steam/games.parquet" --source table --table games
srec ingest work/steam-last/store.duckdb "$steam/sequences_ucsd_v2.parquet" \
    --source table --table sequences --column place=order
srec prepare work/steam-last/store.duckdb work/leaderboards/steam-last --recipe recipes/steam-last.toml
srec leaderboard --dataset work/leaderboards/steam-last --recipe recipes/steam-last.toml \
    --target "$results/leaderboard-steam-last" --work work/leaderboards --threads 1
