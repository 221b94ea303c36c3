// SPDX-License-Identifier: BSD-3-Clause
#include "rdatatest.h"

/* Many are the test vectors of RFC 9460, appendix D. */
static const struct rdata_row rows[] = {
	ROW(65, "\0\1\0\0\1\0\6\2h2\2h3\0\4\0\4\306\63\144\7", "1 . alpn=h2,h3 ipv4hint=198.51.100.7"),
	ROW(65, "\0\0" WWW, "0 www.example.com"),
	ROW(64, "\0\1\0", "1 ."),
	ROW(64, "\0\20\300\14\0\3\0\2\0\65", "16 host.example.net port=53"),
	ROW(64, "\0\1\0\2\233\0\5hello", "1 . key667=hello"),
	ROW(64, "\0\1\0\2\233\0\11hello\322qoo", "1 . key667=hello\\210qoo"),
	ROW(64, "\0\1\0\2\233\0\0", "1 . key667"),
	ROW(64, "\0\1\0\2\233\0\3a b", "1 . key667=\"a b\""),
	ROW(64, "\0\1\0\2\233\0\4a\"\\;", "1 . key667=\"a\\\"\\\\;\""),
	ROW(64, "\0\1\0\0\6\0\40\40\1\15\270\0\0\0\0\0\0\0\0\0\0\0\1\40\1\15\270\0\0\0\0\0\0\0\0\0\123\0\1",
	    "1 . ipv6hint=2001:db8::1,2001:db8::53:1"),
	ROW(64, "\0\1\0\0\6\0\20\0\0\0\0\0\0\0\0\0\0\377\377\306\63\144\144",
	    "1 . ipv6hint=::ffff:198.51.100.100"),
	ROW(64, "\0\20\0\0\0\0\4\0\1\0\4\0\1\0\11\2h2\5h3-19\0\4\0\4\300\0\2\1",
	    "16 . mandatory=alpn,ipv4hint alpn=h2,h3-19 ipv4hint=192.0.2.1"),
	ROW(64, "\0\20\0\0\1\0\14\10f\\oo,bar\2h2", "16 . alpn=f\\\\\\\\oo\\\\,bar,h2"),
	ROW(64, "\0\1\0\0\1\0\4\3a\1\377", "1 . alpn=a\\001\\255"),
	ROW(64, "\0\1\0\0\1\0\4\3a b", "1 . alpn=\"a b\""),
	ROW(64, "\0\1\0\0\2\0\0\0\3\0\2\1\273", "1 . no-default-alpn port=443"),
	ROW(64, "\0\1\0\0\5\0\3ech", "1 . ech=ZWNo"),
	ROW(64, "\0\1\0\0\5\0\3\40\40\40", "1 . ech=ICAg"),
	ROW(64, "\0\1\0\0\7\0\20/dns-query{?dns}\0\10\0\0", "1 . dohpath=/dns-query{?dns} ohttp"),
	ROW(64, "\0\1\0\0\11\0\4\0\35\0\27", "1 . tls-supported-groups=29,23"),
	ROW(64, "\0\1\0\0\12\0\0", "1 . docpath="),
	ROW(64, "\0\1\0\0\12\0\6\1n\3s,x", "1 . docpath=n,s\\\\,x"),
	ROW(64, "\0\1\0\0\0\0\2\2\233\2\233\0\1x", "1 . mandatory=key667 key667=x"),
	/* Malformed: order, twice, lengths, empty where that is not allowed. */
	ROW(64, "\0\1\0\0\3\0\2\0\65\0\2\0\0", NULL),
	ROW(64, "\0\1\0\0\3\0\2\0\65\0\3\0\2\0\65", NULL),
	ROW(64, "\0\1\0\0\3\0\1\0", NULL),
	ROW(64, "\0\1\0\0\3\0\3\0\65\0", NULL),
	ROW(64, "\0\1\0\0\3\0\3\0\65", NULL),
	ROW(64, "\0\1\0\0\0\0\0", NULL),
	ROW(64, "\0\1\0\0\0\0\1\0", NULL),
	ROW(64, "\0\1\0\0\1\0\0", NULL),
	ROW(64, "\0\1\0\0\1\0\1\0", NULL),
	ROW(64, "\0\1\0\0\1\0\2\2h", NULL),
	ROW(64, "\0\1\0\0\1\0\4\2h2\0", NULL),
	ROW(64, "\0\1\0\0\2\0\1x", NULL),
	ROW(64, "\0\1\0\0\4\0\0", NULL),
	ROW(64, "\0\1\0\0\4\0\5\300\0\2\1\1", NULL),
	ROW(64, "\0\1\0\0\5\0\0", NULL),
	ROW(64, "\0\1\0\0\6\0\4\300\0\2\1", NULL),
	ROW(64, "\0\1\0\0\11\0\3\0\35\0", NULL),
	ROW(64, "\0\1\0\0\12\0\2\2n", NULL),
	ROW(64, "\0\1\0\0", NULL),
	ROW(64, "\0\1\0\0\3\0", NULL),
	ROW(64, "\0\1", NULL),
};

Test(rdata_svcb, texts)
{
	rdata_check_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

Test(rdata_svcb, cut_and_mutated)
{
	rdata_hurt_rows(rows, sizeof(rows) / sizeof(rows[0]));
}
