#!/bin/sh
# The whole pipeline on one page: reviews in, a served page out. Each command does only what is missing, so a second
# call goes on where the first one stopped. `make demo` installs SRec and runs this.
#   DATA   ucsd, which is fetched from its publisher, or a folder with these files (docs/how-to/data.md); a simulated
#          Steam if empty
#   SERVE  0 answers one request and exits; otherwise the page is served on http://127.0.0.1:8000
set -eu
cd "$(dirname "$0")/.."

if [ "${DATA:-}" = ucsd ]; then
    DATA=work/ucsd
    srec fetch ucsd "$DATA"
fi

if [ -n "${DATA:-}" ]; then
    work=work/steam recipe=recipes/steam.toml liked="620 400"
    srec ingest "$work/store.duckdb" "$DATA" --source ucsd
    # Longer lists of the same site, whose order is known but not their dates.
    sequences="$DATA/sequences_ucsd_v2.parquet"
    if [ -f "$sequences" ]; then
        srec ingest "$work/store.duckdb" "$sequences" --source table --table sequences --column place=order
    fi
else
    work=work/simulated recipe=recipes/simulated.toml liked="900000638 900000658"
    srec simulate "$work/world" --recipe "$recipe"
    srec ingest "$work/store.duckdb" "$work/world" --source simulated
fi
srec prepare "$work/store.duckdb" "$work/dataset" --recipe "$recipe"
srec train "$work/dataset" "$work/runs/smart" --recipe "$recipe"
srec evaluate "$work/dataset" "$work/report" --run "$work/runs/smart" --recipe "$recipe"
srec export "$work/dataset" "$work/runs/smart" "$work/bundle" --report "$work/report"
srec verify "$work/bundle"

if [ "${SERVE:-1}" = 0 ]; then
    # shellcheck disable=SC2086 -- the ids are separate words
    srec recommend "$work/bundle" $liked
else
    srec serve "$work/bundle"
fi
