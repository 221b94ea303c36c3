-- SPDX-License-Identifier: BSD-3-Clause
-- Where dnsweir's flat records are kept, and what is kept for long of them. Docs: docs/pipelines.md.

CREATE DATABASE IF NOT EXISTS dns;

-- One row a record, that is, an answer. Addresses of both families are IPv6 (IPv4 as ::ffff:192.0.2.1).
CREATE TABLE IF NOT EXISTS dns.records
(
    tstamp    DateTime64(9, 'UTC') CODEC(Delta, ZSTD),
    q         String CODEC(ZSTD),
    qtype     LowCardinality(String),
    rcode     Int16,
    a         String CODEC(ZSTD),
    atype     LowCardinality(String),
    ttl       UInt32,
    src       IPv6,
    dst       IPv6,
    sport     UInt16,
    query_id  UInt16,
    elapsed   Int64,
    bytes     UInt32,
    protocol  LowCardinality(String),
    level     LowCardinality(String),
    truncated Bool,
    aa        Bool,
    rd        Bool,
    ra        Bool
)
ENGINE = MergeTree
PARTITION BY toDate(tstamp)
ORDER BY (q, tstamp)
TTL toDateTime(tstamp) + INTERVAL 30 DAY
SETTINGS non_replicated_deduplication_window = 1000;

-- Passive DNS: which name led to what, when first and last, how often. Kept for years: it grows with names, not with traffic.
CREATE TABLE IF NOT EXISTS dns.pdns
(
    q     String,
    atype LowCardinality(String),
    a     String,
    first SimpleAggregateFunction(min, DateTime64(9, 'UTC')),
    last  SimpleAggregateFunction(max, DateTime64(9, 'UTC')),
    seen  SimpleAggregateFunction(sum, UInt64)
)
ENGINE = AggregatingMergeTree
ORDER BY (q, atype, a);

CREATE MATERIALIZED VIEW IF NOT EXISTS dns.pdns_view TO dns.pdns AS
SELECT lower(q) AS q, atype, a, min(tstamp) AS first, max(tstamp) AS last, count() AS seen
FROM dns.records
WHERE rcode = 0 AND atype != ''
GROUP BY q, atype, a;

-- Top names of an hour. A transaction has as many records as answers: its client, port, ID and time tell it from others.
CREATE TABLE IF NOT EXISTS dns.names
(
    hour         DateTime('UTC'),
    q            String,
    qtype        LowCardinality(String),
    rcode        Int16,
    transactions AggregateFunction(uniq, IPv6, UInt16, UInt16, DateTime64(9, 'UTC')),
    clients      AggregateFunction(uniq, IPv6)
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(hour)
ORDER BY (hour, q, qtype, rcode)
TTL hour + INTERVAL 1 YEAR;

CREATE MATERIALIZED VIEW IF NOT EXISTS dns.names_view TO dns.names AS
SELECT toStartOfHour(toDateTime(tstamp)) AS hour, lower(q) AS q, qtype, rcode,
    uniqState(src, sport, query_id, tstamp) AS transactions, uniqState(src) AS clients
FROM dns.records
GROUP BY hour, q, qtype, rcode;
