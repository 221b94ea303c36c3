// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * The page, made of page.html by embed.py at build time. With data between its two parts it is a report;
 * without, it asks for
 * `/analytics.json`.
 */
#ifndef APP_PAGE_H
#define APP_PAGE_H

/** What comes before the data, and after it. */
extern const char page_before[], page_after[];

/** Its Content-Security-Policy: its own script and style by their hashes, and this server's JSON. */
extern const char page_policy[];

#endif
