// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Folders that are made where they are missing.
 */
#ifndef CORE_FOLDERS_H
#define CORE_FOLDERS_H

/** Makes the folders above a file, each with mode 0755; what fails shows where the file is opened. */
void folders_above(const char *path);

/** Makes the folder itself, for its owner alone. */
void folder_make(const char *path);

#endif
