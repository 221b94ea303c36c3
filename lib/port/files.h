// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Which capture files the user means: names, folders and patterns.
 */
#ifndef PORT_FILES_H
#define PORT_FILES_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/** A capture file. */
struct file {
	char *path;     /**< owned */
	dev_t device;   /**< these two tell that two names mean the same file, which is read once */
	ino_t inode;
	uint64_t size;  /**< bytes; 0 for a pipe */
	int64_t first;  /**< time of the first packet, ns; INT64_MIN until it is known, INT64_MAX where there is none */
	int32_t linktype; /**< of the first packet; -1 where it isn't known */
	uint32_t index; /**< place in what the user named: of packets with one time, the earlier file's come first */
	bool pipe;      /**< no regular file: can be read once only */
};

/** A list of them. */
struct files {
	struct file *v; /**< owned */
	size_t n;
	size_t max;
};

/** Expands `specs` (NULL-terminated): a file's name, `-` (standard input), a folder (its files that are captures by name or
 * content, not those of folders in it) or a pattern as of glob(7), sorted by name. -1 and the reason in `e` where one of them
 * means no file; the list is to be freed in any case. */
int files_expand(struct files *list, const char *const *specs, struct error *e);

/** Frees the list's content. */
void files_free(struct files *list);

#endif
