// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * For fuzz_options: a folder to be in, and a mutator that knows the options' names.
 */
#ifndef FUZZ_FUZZ_OPTIONS_H
#define FUZZ_FUZZ_OPTIONS_H

#include "fuzz.h"

#include "app/options_table.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/** The process works in an empty folder, with no variable of ours set; at the end that is gone. */
static char fuzz_folder[] = "/tmp/fuzz_options_XXXXXX";

static inline void leave_folder(void)
{
	unlink(".env");
	unlink("c.json");
	rmdir(fuzz_folder);
}

static inline void enter_folder(void)
{
	static bool there;

	if (there)
		return;
	there = true;
	ALWAYS(mkdtemp(fuzz_folder) && !chdir(fuzz_folder));
	atexit(leave_folder);
	clearenv();
}

/** The next part of the input as a file. */
static inline void put_file(const char *name, struct wire *in)
{
	uint32_t from = in->pos;
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	free(fuzz_text(in, 255));
	ALWAYS(write(fd, in->data + from, in->pos - from) == (ssize_t)(in->pos - from) && !close(fd));
}

/** An option's name or variable comes in somewhere, as flags, .env and JSON have them. */
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t max, unsigned seed)
{
	static const char *const forms[] = { "-%s=", "--%s\n", "%s=", "\"%s\": ", "{\"%s\": \"", "-%s=1m\n" };
	const struct option_row *row = &option_rows[seed / 64 % option_row_count];
	const char *name = seed % 64 / 2 % 6 == 2 && row->variable ? row->variable : row->name;
	char text[128];
	int n = snprintf(text, sizeof(text), forms[seed % 64 / 2 % 6], name); /* NOLINT */

	if (seed % 2 || size + (size_t)n > max)
		return LLVMFuzzerMutate ? LLVMFuzzerMutate(bytes, size, max) : size;
	size_t at = (seed >> 16) % (size + 1);
	memmove(bytes + at + n, bytes + at, size - at);
	memcpy(bytes + at, text, (size_t)n);
	return size + (size_t)n;
}

#endif
