/* number_list: the rows of a list of numbers that somebody wants to import, in any of the shapes that such
 * lists have, guessed line by line:
 *
 *   +622150001234                                         one number a line
 *   number,provider,account,reserved                      CSV with a heading of these words, in any order
 *   +622150001234,twilio,main,yes                         CSV without one: in that order, later ones may lack
 *   {"number":"+622150001234","provider":"twilio"}        JSON lines
 *
 * Blank lines and lines that begin with # are passed over. CSV fields may be quoted (RFC 4180), on one line.
 */
#ifndef NUMBER_LIST_H
#define NUMBER_LIST_H

#include <jansson.h>

#include "base/err.h"
#include "base/str.h"

#define NUMBER_LIST_FIELDS 4
#define NUMBER_LIST_COLUMNS 16 /* of a heading; more are ignored */

struct number_list {
	int order[NUMBER_LIST_COLUMNS]; /* column -> field; -1: ignored */
	bool any;                       /* a row was seen: no heading can come */
	const char *provider, *account; /* for rows that name none; NULL: none */
	bool reserved;
};

void number_list_init(struct number_list *list);

/* One line without its end. *ret_row: an object as POST .../numbers takes it, or NULL where the line holds
 * none (blank, comment, heading). ERR_BAD_REQUEST: *ret_why (static storage). */
MUST_CHECK enum err number_list_read(
	struct number_list *list, struct str line, json_t **ret_row, const char **ret_why);

#endif
