// SPDX-License-Identifier: BSD-3-Clause
#include "rdatatest.h"

static const struct rdata_row rows[] = {
	ROW(11, "\300\0\2\1\6\0\0\0\100\0\0\0\0\0\0\200\1", "192.0.2.1 6 25 80 95"),
	ROW(11, "\300\0\2\1\21", "192.0.2.1 17"),
	ROW(11, "\300\0\2\1", NULL),
	ROW(30, WWW "\102\1\0\2", "www.example.com A SOA MX NXT"),
	ROW(30, WWW "\200\1", "\\# 19 03777777076578616d706c6503636f6d008001"),
	ROW(30, WWW, NULL),
	ROW(34, "\0\71\1", "3901"),
	ROW(34, "\1" "358400", "+358400"),
	ROW(34, "\1" "358x", NULL),
	ROW(34, "\2abc", "\\# 4 02616263"),
	ROW(34, "\0", NULL),
	ROW(34, "\1", NULL),
	ROW(34, "", NULL),
	ROW(38, "\0\40\1\15\270\0\0\0\0\0\0\0\0\0\0\0\1", "0 2001:db8::1"),
	ROW(38, "\100\0\0\0\0\0\0\0\1" WWW, "64 ::1 www.example.com"),
	ROW(38, "\75\7\0\0\0\0\0\0\0\1" WWW, "61 ::7:0:0:0:1 www.example.com"),
	ROW(38, "\200" WWW, "128 www.example.com"),
	ROW(38, "\201" WWW, NULL),
	ROW(38, "\100\0\0\0\0\0\0\0\1", NULL),
	ROW(42, "", ""),
	ROW(42, "\0\1\30\3\300\0\2\0\2\40\202\40\1\0\1\0\200", "1:192.0.2.0/24 !2:2001::/32 !1:0.0.0.0/0"),
	ROW(42, "\0\1\41\4\300\0\2\1", NULL),
	ROW(42, "\0\1\40\5\300\0\2\1\1", NULL),
	ROW(42, "\0\2\40\21\1\2\3\4\5\6\7\10\1\2\3\4\5\6\7\10\1", NULL),
	ROW(42, "\0\3\1\1x", "\\# 5 0003010178"),
	ROW(42, "\0\1\30", NULL),
	ROW(45, "\12\0\2key", "10 0 2 . a2V5"),
	ROW(45, "\12\1\2\300\0\2\1key", "10 1 2 192.0.2.1 a2V5"),
	ROW(45, "\12\2\0\40\1\15\270\0\0\0\0\0\0\0\0\0\0\0\1", "10 2 0 2001:db8::1"),
	ROW(45, "\12\3\2" WWW "key", "10 3 2 www.example.com a2V5"),
	ROW(45, "\12\4\2x", "\\# 4 0a040278"),
	ROW(45, "\12\3\2", NULL),
	ROW(45, "\12\1\2\300\0\2", NULL),
	ROW(45, "\12\1", NULL),
	ROW(47, WWW "\0\7\142\1\200\10\0\3\200\1\1\100",
	    "www.example.com A NS SOA MX TXT AAAA RRSIG NSEC DNSKEY CAA"),
	ROW(47, WWW, "www.example.com"),
	ROW(47, WWW "\0\1\100\0\1\100", NULL),
	ROW(47, WWW "\1\1\100\0\1\100", NULL),
	ROW(47, WWW "\0\0", NULL),
	ROW(47, WWW "\0\41\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", NULL),
	ROW(47, WWW "\0\2\100", NULL),
	ROW(47, WWW "\377\1\200", "www.example.com TYPE65280"),
	ROW(55, "\2\2\0\3\253\315key", "2 ABCD a2V5"),
	ROW(55, "\2\2\0\3\253\315key" WWW "\0", "2 ABCD a2V5 www.example.com ."),
	ROW(55, "\2\2\0\3\253\315key\300\14", NULL),
	ROW(55, "\2\2\0\0\253\315", NULL),
	ROW(55, "\0\2\0\3key", NULL),
	ROW(55, "\2\2\0\3\253\315ke", NULL),
	ROW(62, "\0\0\0\102\0\3\0\4\140\0\0\10", "66 3 A NS AAAA"),
	ROW(62, "\0\0\0\102\0\3", "66 3"),
	ROW(260, "\12\0", "10 0 0 ."),
	ROW(260, "\12\201\300\0\2\1", "10 1 1 192.0.2.1"),
	ROW(260, "\12\2\40\1\15\270\0\0\0\0\0\0\0\0\0\0\0\1", "10 0 2 2001:db8::1"),
	ROW(260, "\12\203" WWW, "10 1 3 www.example.com"),
	ROW(260, "\12\4x", "\\# 3 0a0478"),
	ROW(260, "\12", NULL),
};

Test(rdata_special, texts)
{
	rdata_check_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

Test(rdata_special, cut_and_mutated)
{
	rdata_hurt_rows(rows, sizeof(rows) / sizeof(rows[0]));
}
