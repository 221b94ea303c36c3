// SPDX-License-Identifier: BSD-3-Clause
#include "captures.h"
#include "port/files.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <sys/stat.h>

static struct files list;
static struct error e;

TestSuite(files, .init = folder_make, .fini = folder_remove);

static int expand(const char *first, const char *second)
{
	const char *specs[] = { first, second, NULL };

	files_free(&list);
	e.text[0] = 0;
	return files_expand(&list, specs, &e);
}

/** The names behind the last slash, joined by spaces. */
static char *names(void)
{
	static char text[512];

	text[0] = 0;
	for (size_t i = 0; i < list.n; i++) {
		const char *slash = strrchr(list.v[i].path, '/');

		cr_expect(eq(u32, list.v[i].index, i));
		strcat(strcat(text, i ? " " : ""), slash ? slash + 1 : list.v[i].path);
	}
	return text;
}

Test(files, names_as_given)
{
	char *a = file_write("b", "12345", 5), *b = file_write("a", "", 0);

	cr_assert(eq(i32, expand(a, b), 0));
	cr_expect(eq(str, names(), (char *)"b a"));
	cr_expect(eq(u64, list.v[0].size, 5));
	cr_expect(eq(i32, list.v[0].pipe, false));
	cr_assert(eq(i32, expand(a, a), 0));
	cr_expect(eq(u64, list.n, 1), "a file is read once");
	files_free(&list);
}

Test(files, a_folder_gives_its_captures_by_name_or_content)
{
	mkdir(in_folder("d"), 0700);
	mkdir(in_folder("d/sub.pcap"), 0700);
	file_write("d/z.pcap", "", 0);
	file_write("d/y.pcapng.gz", "x", 1);
	file_write("d/trace.cap3", "x", 1);
	file_write("d/no-name", "\xd4\xc3\xb2\xa1", 4);
	file_write("d/also-none", "\n\r\r\n", 4);
	file_write("d/notes.txt", "hello", 5);
	file_write("d/tiny", "\xd4", 1);
	file_write("d/.hidden.pcap", "x", 1);
	cr_assert(eq(i32, expand(in_folder("d"), NULL), 0), "%s", e.text);
	cr_expect(eq(str, names(), (char *)"also-none no-name trace.cap3 y.pcapng.gz z.pcap"));
	files_free(&list);
}

Test(files, patterns)
{
	file_write("a1", "", 0);
	file_write("a2", "", 0);
	file_write("b1", "", 0);
	file_write("c[1]", "", 0);
	cr_assert(eq(i32, expand(in_folder("a*"), in_folder("?1")), 0));
	cr_expect(eq(str, names(), (char *)"a1 a2 b1"));
	cr_assert(eq(i32, expand(in_folder("c[1]"), NULL), 0));
	cr_expect(eq(str, names(), (char *)"c[1]"), "a file of this very name comes before the pattern");
	files_free(&list);
}

Test(files, errors)
{
	cr_expect(ne(i32, expand(in_folder("none"), NULL), 0));
	cr_expect(strstr(e.text, "none: No such file") != NULL, "%s", e.text);
	cr_expect(ne(i32, expand(in_folder("none*"), NULL), 0));
	cr_expect(strstr(e.text, "none*: no file matches") != NULL, "%s", e.text);
	cr_expect(ne(i32, expand(folder, NULL), 0));
	cr_expect(strstr(e.text, "no captures in this folder") != NULL, "%s", e.text);
	cr_expect(ne(i32, expand(NULL, NULL), 0));
	cr_expect(strstr(e.text, "no capture file given") != NULL, "%s", e.text);
	files_free(&list);
}

Test(files, standard_input_is_read_once_from_front_to_back)
{
	cr_assert(eq(i32, expand("-", NULL), 0));
	cr_expect(list.v[0].pipe);
	cr_assert(eq(i32, mkfifo(in_folder("fifo"), 0600), 0));
	cr_assert(eq(i32, expand(in_folder("fifo"), "-"), 0));
	cr_expect(eq(u64, list.n, 2));
	cr_expect(list.v[0].pipe);
	cr_expect(eq(u64, list.v[0].size, 0));
	files_free(&list);
}
