// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * What DPDK and getopt(3) say while EAL starts: kept, so that the user gets one line of it, and records alone come on standard output.
 */
#ifndef APP_EAL_SAID_H
#define APP_EAL_SAID_H

#include <stdbool.h>

/** From here on: what goes to standard error and DPDK's log is kept, or shown where `show`; what goes to standard output (EAL's usage)
 * goes nowhere, or to standard error where `show`. */
void eal_said_begin(bool show);

/** As before. The first line of what was kept, without the program's or EAL's name, static; NULL where nothing was said or it was
 * shown. */
const char *eal_said_end(void);

#endif
