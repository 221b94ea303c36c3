-- SPDX-License-Identifier: BSD-3-Clause
-- Questions that come up.

-- top names
SELECT q, uniqMerge(transactions) AS transactions, uniqMerge(clients) AS clients
FROM dns.names GROUP BY q ORDER BY transactions DESC, q LIMIT 20;

-- what did a name lead to, and since when
SELECT atype, a, min(first) AS first, max(last) AS last, sum(seen) AS seen
FROM dns.pdns WHERE q = lower({name:String}) GROUP BY atype, a ORDER BY first, a;

-- which names led to an address
SELECT q, min(first) AS first, max(last) AS last, sum(seen) AS seen
FROM dns.pdns WHERE a = {address:String} GROUP BY q ORDER BY last DESC, q LIMIT 100;

-- who asked for a name
SELECT replaceRegexpOne(toString(src), '^::ffff:', '') AS client, min(tstamp) AS first, max(tstamp) AS last, count() AS records
FROM dns.records WHERE lower(q) = lower({name:String}) GROUP BY client ORDER BY records DESC, client LIMIT 100;

-- response codes by the hour
SELECT hour, rcode, uniqMerge(transactions) AS transactions
FROM dns.names GROUP BY hour, rcode ORDER BY hour, rcode;

-- response times of servers
SELECT replaceRegexpOne(toString(dst), '^::ffff:', '') AS server, count() AS records,
    quantiles(0.5, 0.95, 0.99)(elapsed / 1e6) AS milliseconds
FROM dns.records WHERE elapsed > 0 GROUP BY server ORDER BY records DESC, server LIMIT 20;
