// SPDX-License-Identifier: BSD-3-Clause
#include "rdatatest.h"

#include <ldns/ldns.h>

static const struct rdata_row rows[] = {
	ROW(1, "\300\0\2\1", "192.0.2.1"),
	ROW(1, "\300\0\2", NULL),
	ROW(1, "\300\0\2\1\1", NULL),
	ROW(1, "", NULL),
	ROW(2, WWW, "www.example.com"),
	ROW(2, "\0", "."),
	ROW(2, "\300\14", "host.example.net"),
	ROW(2, "\2ns\300\21", "ns.example.net"),
	ROW(2, "\300\14\0", NULL),
	ROW(2, "\2ns", NULL),
	ROW(2, "", NULL),
	ROW(3, WWW, "www.example.com"),
	ROW(4, WWW, "www.example.com"),
	ROW(5, "\3a.b\4c\\ d\0", "a\\.b.c\\\\\\032d"),
	ROW(6, WWW "\4host\300\21\0\0\0\1\0\0\34\40\0\0\16\20\0\22\165\0\377\377\377\377",
	    "www.example.com host.example.net 1 7200 3600 1209600 4294967295"),
	ROW(6, WWW WWW "\0\0\0\1\0\0\34\40\0\0\16\20\0\22\165\0\377\377\377", NULL),
	ROW(7, WWW, "www.example.com"),
	ROW(8, WWW, "www.example.com"),
	ROW(9, WWW, "www.example.com"),
	ROW(12, WWW, "www.example.com"),
	ROW(14, WWW "\0", "www.example.com ."),
	ROW(15, "\0\12\4mail\300\21", "10 mail.example.net"),
	ROW(15, "\0\0\0", "0 ."),
	ROW(15, "\0\12", NULL),
	ROW(17, WWW "\0", "www.example.com ."),
	ROW(18, "\0\1" WWW, "1 www.example.com"),
	ROW(21, "\0\2" WWW, "2 www.example.com"),
	ROW(22, "\107\0\5\200", "0x47000580"),
	ROW(22, "", NULL),
	ROW(23, WWW, "www.example.com"),
	ROW(24, "\0\0\5\0\0\0\0\0\131\250\167\366\131\247\46\166\60\71\0", NULL),
	ROW(24, "\0\0\5\0\0\0\0\0\131\250\167\366\131\247\46\166\60\71\0sig",
	    "TYPE0 5 0 0 20170831205622 20170830205622 12345 . c2ln"),
	ROW(25, "\300\0\3\5", "49152 3 5"),
	ROW(25, "\1\0\3\5key", "256 3 5 a2V5"),
	ROW(26, "\0\12" WWW EXAMPLE, "10 www.example.com example.com"),
	ROW(28, "\40\1\15\270\0\0\0\0\0\0\0\0\0\0\0\1", "2001:db8::1"),
	ROW(28, "\0\0\0\0\0\0\0\0\0\0\377\377\300\0\2\1", "::ffff:192.0.2.1"),
	ROW(28, "\40\1\15\270\0\0\0\0\0\0\0\0\0\0\0", NULL),
	ROW(31, "\1\253", "01AB"),
	ROW(32, "\1\253", "01AB"),
	ROW(33, "\0\5\0\0\23\304\3pbx\300\21", "5 0 5060 pbx.example.net"),
	ROW(33, "\0\0\0\0\0\0\0", "0 0 0 ."),
	ROW(36, "\0\12" WWW, "10 www.example.com"),
	ROW(37, "\0\1\0\2\5cert", "1 2 5 Y2VydA=="),
	ROW(39, WWW, "www.example.com"),
	ROW(40, "\1\2\3", "1 2 3"),
	ROW(40, "\1\2\3abc", "1 2 3 YWJj"),
	ROW(43, "\60\71\10\2\253\315", "12345 8 2 ABCD"),
	ROW(43, "\60\71\10\2", NULL),
	ROW(44, "\4\2\1\43\105", "4 2 012345"),
	ROW(46, "\0\1\10\3\0\1\121\200\131\250\167\366\131\247\46\166\60\71" EXAMPLE "sig",
	    "A 8 3 86400 20170831205622 20170830205622 12345 example.com c2ln"),
	ROW(46, "\377\0\10\3\0\1\121\200\377\377\377\377\0\0\0\0\60\71\0sig",
	    "TYPE65280 8 3 86400 21060207062815 19700101000000 12345 . c2ln"),
	ROW(46, "\0\1\10\3\0\1\121\200\70\274\135\177\70\274\135\200\60\71\0sig",
	    "A 8 3 86400 20000229235959 20000301000000 12345 . c2ln"),
	ROW(46, "\0\1\10\3\0\1\121\200\364\324\37\177\364\324\37\200\60\71\0sig",
	    "A 8 3 86400 21000228235959 21000301000000 12345 . c2ln"),
	ROW(46, "\0\1\10\3\0\1\121\200\70\274\75\377\70\274\76\0\60\71\0", NULL),
	ROW(48, "\1\1\3\10key", "257 3 8 a2V5"),
	ROW(49, "\0\1\2", "AAEC"),
	ROW(50, "\1\1\0\12\2\253\315\24\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20\21\22\23\0\1\100",
	    "1 1 10 ABCD 000G40O40K30E209185GO38E1S8124GJ A"),
	ROW(50, "\1\0\0\0\0\1\377", "1 0 0 - VS"),
	ROW(50, "\1\0\0\0\0\2\377\1", "1 0 0 - VS0G"),
	ROW(50, "\1\0\0\0\0\0", NULL),
	ROW(50, "\1\0\0\0\3ab", NULL),
	ROW(51, "\1\0\0\12\2\253\315", "1 0 10 ABCD"),
	ROW(51, "\1\0\0\0\0", "1 0 0 -"),
	ROW(51, "\1\0\0\0\0x", NULL),
	ROW(52, "\3\1\1\253\315", "3 1 1 ABCD"),
	ROW(53, "\3\1\1\253\315", "3 1 1 ABCD"),
	ROW(57, "\0\0\3\10key", "0 3 8 a2V5"),
	ROW(58, WWW "\0", "www.example.com ."),
	ROW(59, "\0\0\0\0\0", "0 0 0 00"),
	ROW(60, "\0\0\3\0\0", "0 3 0 AA=="),
	ROW(61, "pgp!", "cGdwIQ=="),
	ROW(63, "\170\117\335\241\1\1\253", "2018500001 1 1 AB"),
	ROW(66, "\0\73\1\24\353\300\14", "CDS NOTIFY 5355 host.example.net"),
	ROW(66, "\0\73\2\24\353\0", "CDS 2 5355 ."),
	ROW(67, "cbor", "Y2Jvcg=="),
	ROW(68, "cbor", "Y2Jvcg=="),
	ROW(105, "\0\12\12\1\2\0", "10 10.1.2.0"),
	ROW(107, "\0\12" WWW, "10 www.example.com"),
	ROW(249, "\3alg\0\131\247\46\166\131\250\167\366\0\3\0\20\0\3key\0\0",
	    "alg 20170830205622 20170831205622 3 BADSIG 3 a2V5 0"),
	ROW(250, "\13hmac-sha256\0\0\0\131\247\46\166\1\54\0\3mac\117\270\0\22\0\6\0\0\131\247\46\166",
	    "hmac-sha256 1504126582 300 3 bWFj 20408 BADTIME 6 AABZpyZ2"),
	ROW(250, "\13hmac-sha256\0\0\0\131\247\46\166\1\54\0\3mac\117\270\0\22\0\6\0\0\131\247\46", NULL),
	ROW(259, "\0\0\0\1\0\0\0\2\3\4textabc", "1 2 3 \"text\" YWJj"),
	ROW(259, "\0\0\0\1\0\0\0\2\3\0", "1 2 3 \"\" -"),
	ROW(264, "\377\377\377\377\377\377\377\377", "18446744073709551615"),
	ROW(264, "\377\377\377\377\377\377\377", NULL),
	ROW(32768, "\60\71\10\2\253\315", "12345 8 2 ABCD"),
	ROW(32769, "\60\71\10\2\253\315", "12345 8 2 ABCD"),
};

Test(rdata_fields, texts)
{
	rdata_check_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

Test(rdata_fields, cut_and_mutated)
{
	rdata_hurt_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

/* Types whose fields libldns writes by the same rules, but for letter case in hex and the names' last dots. */
static const uint16_t by_ldns[] = {
	1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 14, 15, 17, 18, 21, 22, 24, 25, 26, 28, 31, 32, 33, 36, 39, 43, 44,
	48, 49, 52, 53, 58, 59, 60, 61, 63, 105, 107,
};

/* The answer's data as libldns writes it; NULL where it can't be read. */
static char *ldns_text(void)
{
	static char text[4000];
	size_t pos = rdata_rr.owner;
	ldns_rr *rr;

	if (ldns_wire2rr(&rr, rdata_msg.data, rdata_msg.len, &pos, LDNS_SECTION_ANSWER) != LDNS_STATUS_OK)
		return NULL;
	char *to = text;
	for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
		char *field = ldns_rdf2str(ldns_rr_rdf(rr, i));
		bool name = ldns_rdf_get_type(ldns_rr_rdf(rr, i)) == LDNS_RDF_TYPE_DNAME;
		size_t n = strlen(field);
		if (name && n > 1)
			field[n - 1] = 0;
		if (n)
			to += sprintf(to, "%s%s", i ? " " : "", field);
		free(field);
	}
	*to = 0;
	ldns_rr_free(rr);
	return text;
}

Test(rdata_fields, agree_with_ldns)
{
	unsigned compared = 0;

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool wanted = false;
		for (unsigned k = 0; k < sizeof(by_ldns) / sizeof(by_ldns[0]); k++)
			wanted |= by_ldns[k] == rows[i].type;
		if (!wanted || !rows[i].text)
			continue;
		rdata_answer(rows[i].type, 1, rows[i].data, rows[i].len);
		const char *ours = rdata_text(), *theirs = ldns_text();
		cr_assert(theirs != NULL, "row %u", i);
		bool same = !strcasecmp(ours, theirs);
		cr_expect(same, "row %u: %s, libldns %s", i, ours, theirs);
		compared++;
	}
	cr_assert(gt(uint, compared, 40));
}
