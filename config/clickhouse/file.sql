-- SPDX-License-Identifier: BSD-3-Clause
-- From log files of flat JSON (-logfile; also .gz) into dns.records.

INSERT INTO dns.records (query_id, rcode, q, qtype, a, atype, ttl, dst, src, tstamp, elapsed, sport, level, bytes, protocol,
    truncated, aa, rd, ra)
SELECT * REPLACE (parseDateTime64BestEffort(substring(tstamp, 1, position(tstamp, ' +') - 1), 9, 'UTC') AS tstamp)
FROM file('{files}', JSONEachRow,
    'query_id UInt16, rcode Int16, q String, qtype String, a String, atype String, ttl UInt32, dst IPv6, src IPv6,
     tstamp String, elapsed Int64, sport UInt16, level String, bytes UInt32, protocol String,
     truncated Bool, aa Bool, rd Bool, ra Bool');
