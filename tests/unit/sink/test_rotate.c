// SPDX-License-Identifier: BSD-3-Clause
#include "core/clock.h"
#include "folder.h"
#include "sink/rotate.h"

#include <sys/stat.h>
#include <zlib.h>

static struct rotate rotate;

static void begin(const char *name, uint32_t backups, uint32_t days, bool compress)
{
	struct error e = { 0 };
	cr_assert_eq(rotate_init(&rotate, test_path(name), backups, days, compress, NULL, &e), 0, "%s", e.text);
}

static void put(const char *name, const char *text)
{
	FILE *f = fopen(test_path(name), "w");
	cr_assert(f);
	fputs(text, f);
	fclose(f);
}

static void put_aged(const char *form, int days)
{
	char stamp[ROTATE_STAMP + 1], name[NAME_MAX];
	rotate_stamp(stamp, clock_realtime() / NSEC_PER_MSEC - INT64_C(86400000) * days - 3600000);
	snprintf(name, sizeof(name), form, stamp);
	put(name, "x");
}

static bool there(const char *name)
{
	return access(test_path(name), F_OK) == 0;
}

Test(rotate, stamps_are_utc_with_milliseconds)
{
	char stamp[ROTATE_STAMP + 1];

	setenv("TZ", "Asia/Tokyo", 1);
	rotate_stamp(stamp, INT64_C(1136214245007));
	cr_assert_str_eq(stamp, "2006-01-02T15-04-05.007");
	rotate_stamp(stamp, INT64_C(4102444799999));
	cr_assert_str_eq(stamp, "2099-12-31T23-59-59.999");
}

Test(rotate, names_are_apart_as_go_takes_them_apart)
{
	const struct { const char *name, *prefix, *ext; } all[] = {
		{ "dns.log", "dns-", ".log" }, { "dns", "dns-", "" }, { "a.b.json", "a.b-", ".json" }, { ".log", "-", ".log" },
	};

	for (unsigned i = 0; i < 4; i++) {
		begin(all[i].name, 0, 0, false);
		cr_assert_str_eq(rotate.prefix, all[i].prefix);
		cr_assert_str_eq(rotate.ext, all[i].ext);
		cr_assert_str_eq(rotate.dir, test_folder());
		rotate_stop(&rotate, false);
	}
	test_remove();
}

Test(rotate, backups_within_a_millisecond_overwrite_nothing)
{
	struct test_names names;

	begin("dns.log", 0, 0, false);
	for (int i = 0; i < 20; i++) {
		char text[8];
		sprintf(text, "%02d", i);
		put("dns.log", text);
		cr_assert_eq(rotate_backup(&rotate), 0);
	}
	cr_assert_eq(rotate_backup(&rotate), -1, "there is nothing to rename");
	rotate_stop(&rotate, false);
	names = test_list("");
	cr_assert_eq(names.n, 20);
	for (int i = 0; i < 20; i++) {
		char *text = test_read(test_path(names.name[i]), NULL);
		cr_assert_eq(atoi(text), i, "in the order of their names");
		free(text);
	}
	test_remove();
}

Test(rotate, a_name_that_is_taken_is_passed_over)
{
	int64_t now = clock_realtime() / NSEC_PER_MSEC;
	char stamp[ROTATE_STAMP + 1], name[NAME_MAX];

	for (int i = 0; i < 300; i++) {
		rotate_stamp(stamp, now + i);
		snprintf(name, sizeof(name), i % 2 ? "dns-%s.log" : "dns-%s.log.gz", stamp);
		put(name, "old");
	}
	put("dns.log", "new");
	begin("dns.log", 0, 0, false);
	cr_assert_eq(rotate_backup(&rotate), 0);
	rotate_stop(&rotate, false);
	rotate_stamp(stamp, rotate.last_ms);
	snprintf(name, sizeof(name), "dns-%s.log", stamp);
	char *text = test_read(test_path(name), NULL);
	cr_assert_str_eq(text, "new");
	cr_assert_geq(rotate.last_ms, now + 300);
	free(text);
	test_remove();
}

Test(rotate, deletes_by_count_and_counts_compressed_ones)
{
	put("dns-2020-01-01T00-00-00.000.log", "a");
	put("dns-2020-01-02T00-00-00.000.log.gz", "b");
	put("dns-2020-01-03T00-00-00.000.log", "c");
	put("dns-2020-01-04T00-00-00.000.log", "d");
	put("dns-2020-01-04T00-00-00.000.log.gz", "half of d's");
	/* Not ours. */
	put("dns-2020-01-01T00-00-00.log", "x");
	put("dns-2020-01-01T00-00-00.000.logx", "x");
	put("dns-2020-01-01T00-00-00x000.log", "x");
	put("xdns-2020-01-01T00-00-00.000.log", "x");
	put("dns.log", "x");
	begin("dns.log", 2, 0, false);
	rotate_stop(&rotate, false);
	cr_assert_not(there("dns-2020-01-01T00-00-00.000.log"));
	cr_assert_not(there("dns-2020-01-02T00-00-00.000.log.gz"));
	cr_assert(there("dns-2020-01-03T00-00-00.000.log"));
	cr_assert(there("dns-2020-01-04T00-00-00.000.log"));
	cr_assert_eq(test_list("").n, 8);
	test_remove();
}

Test(rotate, deletes_by_age)
{
	for (int day = 0; day < 10; day++)
		put_aged(day % 2 ? "dns-%s.log" : "dns-%s.log.gz", day);
	begin("dns.log", 0, 4, false);
	rotate_stop(&rotate, false);
	cr_assert_eq(test_list("").n, 4);
	test_remove();
}

Test(rotate, compresses_and_keeps_the_mode)
{
	struct stat st;
	char text[64] = { 0 };
	gzFile gz;

	put("dns-2020-01-01T00-00-00.000.log", "one line\n");
	put("dns-2020-01-01T00-00-00.000.log.gz.part", "of a crash");
	chmod(test_path("dns-2020-01-01T00-00-00.000.log"), 0640);
	begin("dns.log", 0, 0, true);
	rotate_stop(&rotate, false);
	cr_assert_eq(test_list("").n, 1);
	cr_assert_eq(stat(test_path("dns-2020-01-01T00-00-00.000.log.gz"), &st), 0);
	cr_assert_eq(st.st_mode & 07777, 0640);
	gz = gzopen(test_path("dns-2020-01-01T00-00-00.000.log.gz"), "rb");
	cr_assert_eq(gzread(gz, text, sizeof(text)), 9);
	cr_assert_str_eq(text, "one line\n");
	gzclose(gz);
	test_remove();
}

Test(rotate, in_a_hurry_compressing_waits_for_the_next_start)
{
	atomic_store(&rotate.hurry, true);
	put("dns.log", "x");
	begin("dns.log", 0, 0, true);
	atomic_store(&rotate.hurry, true);
	cr_assert_eq(rotate_backup(&rotate), 0);
	rotate_stop(&rotate, true);
	struct test_names names = test_list("");
	cr_assert_eq(names.n, 1);
	cr_assert_null(strstr(names.name[0], ".gz"));
	begin("dns.log", 0, 0, true);
	rotate_stop(&rotate, false);
	cr_assert(strstr(test_list("").name[0], ".log.gz"));
	test_remove();
}
