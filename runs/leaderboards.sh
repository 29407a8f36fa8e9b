#!/bin/sh
# All results of the README, made or gone on with: days on one core. Rows that are in benchmarks/results already are not
# measured again; delete a row's file to have it anew. After `make demo SERVE=0`, which installs:
#   PATH=.venv/bin:$PATH SETS=... STEAM=... sh runs/leaderboards.sh
# SETS is the folder with tmall/ and diginetica/, each with train_sessions.parquet and test_examples.parquet, as
# the authors of GCE-GNN publish them with their code at https://github.com/CCIIPLab/GCE-GNN. STEAM is the
# folder with the UCSD reviews of Steam games.
set -eu
cd "$(dirname "$0")/.."
results=benchmarks/results work=work/sessions
: "${SETS:?the folder with tmall/ and diginetica/}" "${STEAM:?the folder with the UCSD reviews}"

for set in tmall diginetica; do
    srec leaderboard --dataset "$set" --data "$SETS" --target "$results/leaderboard-$set" --threads 1
    for protocol in paper honest; do
        srec reproduce gce-gnn --dataset "$set" --data "$SETS" --protocol "$protocol" --threads 1
        cp "$work/$set/$protocol.json" "$results/reproduce-$set-$protocol.json"
    done
    for threads in 1 2; do
        srec bench training --dataset "$set" --data "$SETS" --threads "$threads" \
            --result "$results/bench-training-$set-$threads-thread.json"
    done
done

# Reviews of games, and what excluding users who review nothing but popular games changes.
srec ingest work/steam/store.duckdb "$STEAM" --source ucsd
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
