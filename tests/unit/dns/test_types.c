// SPDX-License-Identifier: BSD-3-Clause
#include "dns/types.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <ldns/ldns.h>
#include <string.h>

static void type_is(uint16_t type, const char *name)
{
	char buf[DNS_CODE_TEXT];
	uint8_t put[DNS_TYPE_ROOM + 1] = { [DNS_TYPE_ROOM] = 0xa5 };

	cr_assert(eq(str, (char *)dns_type_name(type, buf), (char *)name));
	*dns_type_put(put, type) = 0;
	cr_assert(eq(str, (char *)put, (char *)name));
	cr_assert(eq(u8, put[DNS_TYPE_ROOM], 0xa5));
}

Test(types, names_and_numbers)
{
	type_is(0, "0");
	type_is(1, "A");
	type_is(23, "NSAP-PTR");
	type_is(28, "AAAA");
	type_is(54, "54");
	type_is(61, "OPENPGPKEY");
	type_is(64, "SVCB");
	type_is(65, "HTTPS");
	type_is(70, "ISO");
	type_is(128, "NXNAME");
	type_is(255, "ANY");
	type_is(264, "IPN");
	type_is(265, "265");
	type_is(32767, "32767");
	type_is(32768, "TA");
	type_is(32769, "DLV");
	type_is(32770, "32770");
	type_is(65280, "65280");
	type_is(65535, "65535");
}

/* Every type that libldns knows by name is known here by the same one. */
Test(types, agree_with_ldns)
{
	unsigned named = 0;

	for (uint32_t type = 1; type < 65536; type++) {
		char buf[DNS_CODE_TEXT], *theirs = ldns_rr_type2str((ldns_rr_type)type);
		const char *ours = dns_type_name((uint16_t)type, buf);
		named += ours != buf;
		if (strncmp(theirs, "TYPE", 4) && type != 65324 && type != 65325)
			cr_expect(eq(str, (char *)ours, theirs), "type %u", type);
		free(theirs);
	}
	cr_assert(eq(uint, named, 99));
}

Test(types, classes_and_opcodes)
{
	char buf[DNS_CODE_TEXT];

	cr_assert(eq(str, (char *)dns_class_name(1, buf), "IN"));
	cr_assert(eq(str, (char *)dns_class_name(3, buf), "CH"));
	cr_assert(eq(str, (char *)dns_class_name(4, buf), "HS"));
	cr_assert(eq(str, (char *)dns_class_name(254, buf), "NONE"));
	cr_assert(eq(str, (char *)dns_class_name(255, buf), "ANY"));
	cr_assert(eq(str, (char *)dns_class_name(2, buf), "2"));
	cr_assert(eq(str, (char *)dns_class_name(65535, buf), "65535"));
	cr_assert(eq(str, (char *)dns_opcode_name(0, buf), "QUERY"));
	cr_assert(eq(str, (char *)dns_opcode_name(3, buf), "3"));
	cr_assert(eq(str, (char *)dns_opcode_name(6, buf), "DSO"));
	cr_assert(eq(str, (char *)dns_opcode_name(255, buf), "255"));
}

Test(types, response_codes)
{
	char buf[DNS_CODE_TEXT];

	cr_assert(eq(str, (char *)dns_rcode_name(0, buf), "NOERROR"));
	cr_assert(eq(str, (char *)dns_rcode_name(3, buf), "NXDOMAIN"));
	cr_assert(eq(str, (char *)dns_rcode_name(12, buf), "12"));
	cr_assert(eq(str, (char *)dns_rcode_name(23, buf), "BADCOOKIE"));
	cr_assert(eq(str, (char *)dns_rcode_name(4095, buf), "4095"));
	cr_assert(eq(str, (char *)dns_rcode_text(0), ""));
	cr_assert(eq(str, (char *)dns_rcode_text(2), "Server Failure"));
	cr_assert(eq(str, (char *)dns_rcode_text(6), "Name Exists when it should not"));
	cr_assert(eq(str, (char *)dns_rcode_text(11), "Unknown"));
	cr_assert(eq(str, (char *)dns_rcode_text(12), "Unknown"));
	cr_assert(eq(str, (char *)dns_rcode_text(16), "Bad OPT Version"));
	cr_assert(eq(str, (char *)dns_rcode_text(23), "Bad Cookie"));
	cr_assert(eq(str, (char *)dns_rcode_text(24), "Unknown"));
	for (uint32_t code = 0; code < 4096; code++) {
		cr_assert(dns_rcode_text((uint16_t)code) != NULL);
		cr_assert(dns_rcode_name((uint16_t)code, buf) != NULL);
	}
}

Test(types, edns)
{
	char buf[DNS_CODE_TEXT];

	cr_assert(eq(str, (char *)dns_edns_option_name(3, buf), "NSID"));
	cr_assert(eq(str, (char *)dns_edns_option_name(4, buf), "4"));
	cr_assert(eq(str, (char *)dns_edns_option_name(8, buf), "ECS"));
	cr_assert(eq(str, (char *)dns_edns_option_name(15, buf), "EDE"));
	cr_assert(eq(str, (char *)dns_edns_option_name(65001, buf), "65001"));
	cr_assert(eq(str, (char *)dns_ede_text(0), "Other Error"));
	cr_assert(eq(str, (char *)dns_ede_text(22), "No Reachable Authority"));
	cr_assert(eq(str, (char *)dns_ede_text(30), "Invalid Query Type"));
	cr_assert(eq(str, (char *)dns_ede_text(31), ""));
	for (uint32_t code = 0; code < 65536; code++) {
		cr_assert(dns_ede_text((uint16_t)code) != NULL);
		cr_assert(dns_edns_option_name((uint16_t)code, buf) != NULL);
	}
}
