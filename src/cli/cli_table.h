/* cli_table: rows of texts for people, in aligned columns.
 *
 *   NUMBER         STATE  SESSIONS
 *   +622150001234  lent          2
 *
 * Texts are copied and shown as terminal_put() does. Memory: all rows, until cli_table_free(): the widths
 * are known when the last one is. Running out of memory ends the program with a sentence. */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include "cli/terminal.h"

struct cli_table;

struct cli_column {
	const char *title; /* NULL ends; shown in capitals as it is */
	bool right;        /* figures */
};

struct cli_table *cli_table_new(const struct cli_column *columns);
void cli_table_free(struct cli_table *table);

/* The next cell, from left to right; after the last column's a new row begins. An empty text shows as "-". */
void cli_table_add(struct cli_table *table, struct str text);
void cli_table_text(struct cli_table *table, const char *text);
void cli_table_int(struct cli_table *table, long long value);
void cli_table_coloured(struct cli_table *table, enum terminal_colour colour, const char *text);

int cli_table_rows(const struct cli_table *table);

/* The last row must be whole. Colours: terminal_colours(out). No blanks at the ends of lines. */
void cli_table_print(const struct cli_table *table, FILE *out);

#endif
