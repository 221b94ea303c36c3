// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * What the provers need to read the code: before all other headers.
 */
#ifndef PROVE_H
#define PROVE_H

/** A hint to the compiler. */
#define __builtin_expect(value, usual) (value)

#endif
