-- depends: 0011_retention
-- How often people and programs were refused, or let in uncounted, by which limit.

-- For what was refused lately. Kept for a day.
CREATE TABLE refusals (
    at timestamptz NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    number bigint NOT NULL,
    PRIMARY KEY (at, kind, name)
);

-- For figures that only grow.
CREATE TABLE refusal_counts (
    kind text NOT NULL,
    name text NOT NULL,
    number bigint NOT NULL,
    PRIMARY KEY (kind, name)
) WITH (fillfactor = 50);
