// SPDX-License-Identifier: BSD-3-Clause
#include "rdatatest.h"

static const struct rdata_row rows[] = {
	ROW(13, "\3PDP\5U\"\\\1n", "\"PDP\" \"U\\\"\\\\\\001n\""),
	ROW(13, "\7RFC8482\0", "\"RFC8482\" \"\""),
	ROW(13, "\3PDP", NULL),
	ROW(16, "\10v=first1\0\6second", "v=first1second"),
	ROW(16, "\6a\"b\\c\n\3\0\177\377", "a\"b\\\\c\\010\\000\\127\\255"),
	ROW(16, "\0", ""),
	ROW(16, "\2a", NULL),
	ROW(16, "", NULL),
	ROW(19, "\14" "311061700956", "\"311061700956\""),
	ROW(19, "\14" "311061700956\0", NULL),
	ROW(20, "\4Phone", NULL),
	ROW(20, "\5Phone", "\"Phone\""),
	ROW(20, "\5Phone\3" "004", "\"Phone\" \"004\""),
	ROW(27, "\010-32.6882\010116.8652\00410.0", "\"-32.6882\" \"116.8652\" \"10.0\""),
	ROW(35, "\0\144\0\12\1u\7E2U+sip\17!^.*$!sip:\\1@x!\0",
	    "100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:\\\\1@x!\" ."),
	ROW(56, "\1a\1b", "ab"),
	ROW(99, "\6v=spf1", "v=spf1"),
	ROW(256, "\0\12\0\1https://a.example/", "10 1 \"https://a.example/\""),
	ROW(256, "\0\12\0", NULL),
	ROW(257, "\0\5issueletsencrypt.org", "0 issue \"letsencrypt.org\""),
	ROW(257, "\200\5iodef", "128 iodef \"\""),
	ROW(257, "\0\5is ueletsencrypt.org", NULL),
	ROW(257, "\0\0x", NULL),
	ROW(257, "\0\5issu", NULL),
	ROW(258, "\1a", "a"),
	ROW(261, "\11qnamemin=\1x", "qnamemin=x"),
	ROW(262, "\3BTC", "BTC"),
	ROW(263, "\3TCP", "TCP"),
};

Test(rdata_strings, texts)
{
	rdata_check_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

Test(rdata_strings, cut_and_mutated)
{
	rdata_hurt_rows(rows, sizeof(rows) / sizeof(rows[0]));
}
