// SPDX-License-Identifier: BSD-3-Clause
/* Flags (one a line), ./.env and a configuration file, each ended by a byte 255. */
#include "fuzz_options.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct wire in = wire_init(bytes, (uint32_t)size);
	char *flags = fuzz_text(&in, 255), *argv[34] = { (char *)"dnsweir" };
	struct options o;
	struct error e = { "" };
	int argc = 1;

	enter_folder();
	put_file(".env", &in);
	put_file("c.json", &in);
	for (char *next = flags, *flag; argc < 32 && (flag = strsep(&next, "\n"));)
		argv[argc++] = flag;
	if (bytes && size && bytes[size - 1] & 1)
		argv[argc++] = (char *)"-config=c.json";
	enum options_result r = options_read(&o, argc, argv, &e);
	ALWAYS((r == OPTIONS_ERROR) == !!e.text[0]);
	ALWAYS(!strpbrk(e.text, "\n\r\t\033"));
	if (r == OPTIONS_GO)
		ALWAYS((o.dev || o.pcap) && o.gc_age > 0 && o.name[0] && o.kafka_batch &&
		       !o.kafka_brokers == !o.kafka_topic);
	options_free(&o);
	free(flags);
	return 0;
}
