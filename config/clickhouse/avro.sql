-- SPDX-License-Identifier: BSD-3-Clause
-- From Avro container files (docs/pipelines.md tells how a topic of -kafka_avro becomes them) into dns.records.

INSERT INTO dns.records (query_id, rcode, q, qtype, a, atype, ttl, dst, src, tstamp, elapsed, sport, level, bytes, protocol,
    truncated, aa, rd, ra)
SELECT query_id, rcode, q, qtype, a, atype, ttl, dst, src,
    parseDateTime64BestEffort(substring(tstamp, 1, position(tstamp, ' +') - 1), 9, 'UTC'), elapsed, sport, level, bytes,
    protocol, truncated, aa, rd, ra
FROM file('{files}', Avro);
