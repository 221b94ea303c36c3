-- SPDX-License-Identifier: BSD-3-Clause
-- From a Kafka topic into dns.records. {brokers} and {topic} are yours; kafka_num_consumers at most the topic's partitions.

CREATE TABLE IF NOT EXISTS dns.topic
(
    query_id UInt16, rcode Int16, q String, qtype String, a String, atype String, ttl UInt32, dst IPv6, src IPv6,
    tstamp String, elapsed Int64, sport UInt16, level String, bytes UInt32, protocol String,
    truncated Bool, aa Bool, rd Bool, ra Bool
)
ENGINE = Kafka
SETTINGS kafka_broker_list = '{brokers}', kafka_topic_list = '{topic}', kafka_group_name = 'clickhouse-dns',
    kafka_format = 'JSONEachRow', kafka_num_consumers = 1, kafka_max_block_size = 65536;

CREATE MATERIALIZED VIEW IF NOT EXISTS dns.topic_view TO dns.records AS
SELECT * REPLACE (parseDateTime64BestEffort(substring(tstamp, 1, position(tstamp, ' +') - 1), 9, 'UTC') AS tstamp)
FROM dns.topic;
