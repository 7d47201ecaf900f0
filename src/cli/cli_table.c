#include "cli/cli_table.h"

#include <stdlib.h>

#include "base/check.h"

struct cell {
	char *text;
	size_t len;
	int columns;
	enum terminal_colour colour;
};

struct cli_table {
	const struct cli_column *columns;
	int columns_n;
	int *widths;
	struct cell *cells;
	size_t cells_n, cells_max;
};

static void *need(void *memory)
{
	if (!memory) {
		fputs("bauta: out of memory for a table\n", stderr);
		exit(1);
	}
	return memory;
}

struct cli_table *cli_table_new(const struct cli_column *columns)
{
	struct cli_table *table = need(calloc(1, sizeof *table));

	table->columns = columns;
	while (columns[table->columns_n].title)
		table->columns_n++;
	ASSERT(table->columns_n > 0);
	table->widths = need(calloc((size_t)table->columns_n, sizeof *table->widths));
	for (int i = 0; i < table->columns_n; i++)
		table->widths[i] = terminal_columns(str_of(columns[i].title));
	return table;
}

void cli_table_free(struct cli_table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->cells_n; i++)
		free(table->cells[i].text);
	free(table->cells);
	free(table->widths);
	free(table);
}

static void add(struct cli_table *table, struct str text, enum terminal_colour colour)
{
	if (table->cells_n == table->cells_max) {
		table->cells_max = table->cells_max ? table->cells_max * 2 : 64;
		table->cells = need(reallocarray(table->cells, table->cells_max, sizeof *table->cells));
	}
	if (text.len == 0)
		text = STR("-");

	struct cell *cell = &table->cells[table->cells_n];
	*cell = (struct cell){.text = need(malloc(text.len)), .len = text.len, .colour = colour};
	memcpy(cell->text, text.at, text.len);
	cell->columns = terminal_columns(text);

	int *width = &table->widths[table->cells_n % (size_t)table->columns_n];
	if (cell->columns > *width)
		*width = cell->columns;
	table->cells_n++;
}

void cli_table_add(struct cli_table *table, struct str text)
{
	add(table, text, COLOUR_NONE);
}

void cli_table_text(struct cli_table *table, const char *text)
{
	add(table, str_of(text), COLOUR_NONE);
}

void cli_table_coloured(struct cli_table *table, enum terminal_colour colour, const char *text)
{
	add(table, str_of(text), colour);
}

void cli_table_int(struct cli_table *table, long long value)
{
	char text[24];

	snprintf(text, sizeof text, "%lld", value);
	add(table, str_of(text), COLOUR_NONE);
}

int cli_table_rows(const struct cli_table *table)
{
	return (int)(table->cells_n / (size_t)table->columns_n);
}

/* One cell with the blanks before it. `*pending`: blanks that wait for a text to come after them. */
static void print_cell(const struct cli_table *table, int column, const struct cell *cell, bool colours,
	int *pending, FILE *out)
{
	int gap = table->widths[column] - cell->columns;
	bool right = table->columns[column].right;

	fprintf(out, "%*s", *pending + (right ? gap : 0), "");
	if (colours && cell->colour)
		fputs(terminal_colour(cell->colour), out);
	terminal_put(out, str_n(cell->text, cell->len));
	if (colours && cell->colour)
		fputs(terminal_plain, out);
	*pending = 2 + (right ? 0 : gap);
}

void cli_table_print(const struct cli_table *table, FILE *out)
{
	bool colours = terminal_colours(out);
	int pending = 0;

	ASSERT(table->cells_n % (size_t)table->columns_n == 0);
	for (int i = 0; i < table->columns_n; i++) {
		char *title = (char *)table->columns[i].title; /* only read */
		struct cell cell = {title, strlen(title), terminal_columns(str_of(title)), COLOUR_BOLD};
		print_cell(table, i, &cell, colours, &pending, out);
	}
	fputc('\n', out);

	for (size_t row = 0; row < table->cells_n; row += (size_t)table->columns_n) {
		pending = 0;
		for (int i = 0; i < table->columns_n; i++)
			print_cell(table, i, &table->cells[row + (size_t)i], colours, &pending, out);
		fputc('\n', out);
	}
}
