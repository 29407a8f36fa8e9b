-- The name of the reviews and games as each batch left them, by which a kept count knows its place.
CREATE TABLE revisions (
    batch bigint NOT NULL,
    revision text NOT NULL,
    CONSTRAINT revisions_key PRIMARY KEY (batch)
);
