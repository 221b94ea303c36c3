// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Rights given up after start, so that whoever takes the parser over has little: the user, capabilities, new privileges, files
 * and system calls. docs/reliability.md says what stays allowed.
 */
#ifndef APP_SANDBOX_H
#define APP_SANDBOX_H

#include "app/options.h"

/** Looks at -user before anything is opened: 0, or -1 and the reason. */
int sandbox_check(const struct options *o, struct error *e);

/** Once the capture devices are open and before all else is: becomes -user (or `nobody`), gives up capabilities, new privileges
 * and the files that the options don't name, in this thread, those of EAL, and all that they start from now on. What the kernel
 * lacks is left out; -1 and the reason only where the user can't be changed. */
int sandbox_enter(const struct options *o, struct error *e);

/** Once everything is open: from now on the process may make the system calls that it needs, and no others. Says in the log
 * what of the sandbox is on. */
void sandbox_seal(const struct options *o);

#endif
