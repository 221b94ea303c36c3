// SPDX-License-Identifier: BSD-3-Clause
#include "packed.h"
#include "port/input.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>
#include <sys/stat.h>

#define SIZE 3000000

static uint8_t *content;
static struct error e;

static uint8_t at(size_t i)
{
	return (uint8_t)(i ^ i >> 8 ^ i >> 16);
}

static void start(void)
{
	folder_make();
	content = malloc(SIZE);
	for (size_t i = 0; i < SIZE; i++)
		content[i] = at(i);
}

static void stop(void)
{
	free(content);
	folder_remove();
}

TestSuite(input, .init = start, .fini = stop);

/** Reads everything in steps of growing sizes and checks each byte; waits where a pipe has none. Bytes read. */
static size_t read_through(struct input *in, enum input_result *end)
{
	size_t done = 0;

	for (uint32_t n = 1; ; n = n * 3 % 300007 + 1) {
		enum input_result r;

		while ((r = input_need(in, n)) == INPUT_AGAIN)
			;
		if (r != INPUT_OK)
			n = (uint32_t)input_left(in);
		cr_assert(eq(u64, input_offset(in), done));
		for (uint32_t i = 0; i < n; i++)
			if (in->at[i] != at(done + i))
				cr_assert(false, "byte %zu", done + i);
		input_take(in, n);
		done += n;
		if (r != INPUT_OK) {
			*end = r;
			return done;
		}
	}
}

Test(input, a_plain_file)
{
	struct input in;
	enum input_result end;
	uint64_t progress = 0;

	cr_assert(eq(i32, input_open(&in, file_write("x", content, SIZE), &progress, &e), 0));
	cr_expect(eq(u64, read_through(&in, &end), SIZE));
	cr_expect(eq(i32, end, INPUT_END));
	cr_expect(eq(u64, progress, SIZE));
	cr_expect(eq(str, (char *)(uintptr_t)input_compression(&in), (char *)""));
	input_close(&in);
}

Test(input, packed_files)
{
	for (int k = 0; k < PACKS; k++) {
		struct bytes b = { 0 };
		struct input in;
		enum input_result end;
		uint64_t progress = 0;

		pack(&b, k, content, SIZE - 1000);
		pack(&b, k, content + SIZE - 1000, 1000);
		cr_assert(eq(i32, input_open(&in, file_write("x", b.p, b.n), &progress, &e), 0));
		cr_expect(eq(u64, read_through(&in, &end), SIZE));
		cr_expect(eq(i32, end, INPUT_END), "%s", in.error.text);
		cr_expect(eq(u64, progress, b.n));
		cr_expect(eq(str, (char *)(uintptr_t)input_compression(&in), (char *)(uintptr_t)pack_names[k]));
		input_close(&in);
		put_free(&b);
	}
}

Test(input, a_packed_file_that_is_cut_or_damaged)
{
	for (int k = 0; k < PACKS; k++) {
		struct bytes b = { 0 };
		struct input in;
		enum input_result end;
		static const size_t lengths[] = { 2, 3, 4, 5, 11, 100, 20000 };

		pack(&b, k, content, SIZE);
		for (unsigned i = k == PACK_GZIP ? 0 : 2; i < 7; i++) {
			cr_assert(eq(i32, input_open(&in, file_write("x", b.p, lengths[i]), NULL, &e), 0));
			cr_expect(lt(u64, read_through(&in, &end), SIZE));
			cr_expect(eq(i32, end, INPUT_FAILED));
			cr_expect(strstr(in.error.text, "data is cut") != NULL, "%s", in.error.text);
			input_close(&in);
		}
		put(&b, "garbage", 7);
		cr_assert(eq(i32, input_open(&in, file_write("x", b.p, b.n), NULL, &e), 0));
		cr_expect(eq(u64, read_through(&in, &end), SIZE), "what was sound comes first");
		cr_expect(eq(i32, end, INPUT_FAILED));
		cr_expect(strstr(in.error.text, "corrupt") != NULL, "%s", in.error.text);
		input_close(&in);
		put_free(&b);
	}
}

Test(input, skipping)
{
	struct input in;

	cr_assert(eq(i32, input_open(&in, file_write("x", content, SIZE), NULL, &e), 0));
	cr_assert(eq(i32, input_need(&in, 100), INPUT_OK));
	input_skip(&in, 50);
	cr_assert(eq(i32, input_need(&in, 1), INPUT_OK));
	cr_expect(eq(u8, *in.at, at(50)));
	input_skip(&in, 2000000);
	cr_assert(eq(i32, input_need(&in, 1), INPUT_OK));
	cr_expect(eq(u64, input_offset(&in), 2000050));
	cr_expect(eq(u8, *in.at, at(2000050)));
	input_skip(&in, SIZE - 2000050);
	cr_expect(eq(i32, input_need(&in, 1), INPUT_END));
	cr_expect(eq(u64, in.skip, 0));
	input_skip(&in, UINT32_MAX);
	cr_expect(eq(i32, input_need(&in, 1), INPUT_END));
	cr_expect(eq(u64, in.skip, UINT32_MAX), "the rest never came");
	input_close(&in);
}

/** Writes the content into a FIFO in uneven pieces. */
static void *feed(void *path)
{
	int fd = open(path, O_WRONLY);

	for (size_t done = 0, n; done < SIZE; done += n) {
		n = done * 7 % 60000 + 1 < SIZE - done ? done * 7 % 60000 + 1 : SIZE - done;
		if (write(fd, content + done, n) != (ssize_t)n)
			abort();
	}
	close(fd);
	return NULL;
}

Test(input, a_fifo)
{
	char *path = in_folder("fifo");
	struct input in;
	enum input_result end;
	pthread_t thread;

	cr_assert(eq(i32, mkfifo(path, 0600), 0));
	cr_assert(eq(i32, input_open(&in, path, NULL, &e), 0));
	cr_expect(eq(i32, input_need(&in, 1), INPUT_AGAIN));
	cr_assert(eq(i32, pthread_create(&thread, NULL, feed, path), 0));
	cr_expect(eq(u64, read_through(&in, &end), SIZE));
	cr_expect(eq(i32, end, INPUT_END));
	pthread_join(thread, NULL);
	input_close(&in);
}

Test(input, what_can_not_be_read)
{
	struct input in;

	cr_expect(ne(i32, input_open(&in, in_folder("none"), NULL, &e), 0));
	cr_expect(strstr(e.text, "none: No such file or directory") != NULL, "%s", e.text);
	cr_expect(ne(i32, input_open(&in, folder, NULL, &e), 0));
	cr_expect(strstr(e.text, "Is a directory") != NULL, "%s", e.text);
	input_close(&in);
}
