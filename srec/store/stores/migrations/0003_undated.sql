-- Reviews whose order is known but not their dates, and libraries.
CREATE TABLE sequences (
    user_key bigint NOT NULL,
    app_id integer NOT NULL,
    place integer NOT NULL,
    batch bigint NOT NULL,
    CONSTRAINT sequences_key PRIMARY KEY (app_id, user_key)
);
CREATE TABLE libraries (
    user_key bigint NOT NULL,
    app_id integer NOT NULL,
    hours double precision NOT NULL,
    batch bigint NOT NULL,
    CONSTRAINT libraries_key PRIMARY KEY (app_id, user_key)
);
