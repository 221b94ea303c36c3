// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * `-cpuprofile FILE`: a CPU profile by gperftools, for `google-pprof`.
 */
#ifndef APP_PROFILE_H
#define APP_PROFILE_H

#include "core/error.h"

/** Starts profiling into `file` (NULL: nothing is done). After EAL. 0, or -1 and the reason in `e`. */
int profile_start(const char *file, struct error *e);

/** Each lcore calls it as it starts: timers are a thread's own. Nothing is done where no profile runs. */
void profile_thread(void);

/** Writes the profile. */
void profile_stop(void);

#endif
