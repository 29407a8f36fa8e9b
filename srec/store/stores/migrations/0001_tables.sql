-- The tables of a store, as schema.py and store.sql have them for DuckDB.
CREATE TABLE reviews (
    user_key bigint NOT NULL,
    app_id integer NOT NULL,
    positive boolean NOT NULL,
    created_at timestamp NOT NULL,
    updated_at timestamp NOT NULL,
    review_id bigint,
    playtime_minutes integer,
    language text,
    steam_purchase boolean,
    received_for_free boolean,
    early_access boolean,
    batch bigint NOT NULL,
    -- The game first: a crawl writes game by game, and asks for all reviews of one.
    CONSTRAINT reviews_key PRIMARY KEY (app_id, user_key)
);
CREATE TABLE games (
    app_id integer NOT NULL,
    name text,
    type text,
    release_date date,
    is_free boolean,
    price_usd_cents integer,
    developers jsonb,
    publishers jsonb,
    genres jsonb,
    categories jsonb,
    platforms jsonb,
    tags jsonb,
    tags_kind text,
    reviews_positive bigint,
    reviews_negative bigint,
    CONSTRAINT games_key PRIMARY KEY (app_id)
);
CREATE TABLE rejects (
    source text NOT NULL,
    "row" bigint NOT NULL,
    reason text NOT NULL
);
CREATE INDEX rejects_source ON rejects (source);
CREATE TABLE ingestions (
    source text NOT NULL,
    path text NOT NULL,
    kind text NOT NULL,
    started_at timestamp NOT NULL,
    finished_at timestamp NOT NULL,
    read bigint NOT NULL,
    added bigint NOT NULL,
    replaced bigint NOT NULL,
    repeated bigint NOT NULL,
    rejected bigint NOT NULL
);
CREATE TABLE meta (
    key text NOT NULL PRIMARY KEY,
    value text NOT NULL
);
CREATE TABLE notes (
    key text NOT NULL PRIMARY KEY,
    value text NOT NULL
);
CREATE TABLE seen (
    app_id integer NOT NULL,
    user_key bigint NOT NULL
);
CREATE INDEX seen_app_id ON seen (app_id);
CREATE TABLE removed (
    user_key bigint NOT NULL,
    app_id integer NOT NULL,
    batch bigint NOT NULL
);
CREATE INDEX removed_batch ON removed (batch);
