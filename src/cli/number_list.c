#include "cli/number_list.h"

#include <stdbool.h>

#include "base/check.h"

#define FIELD_MAX 255

enum field { FIELD_NUMBER, FIELD_PROVIDER, FIELD_ACCOUNT, FIELD_RESERVED };

static const char *const field_words[NUMBER_LIST_FIELDS] = {"number", "provider", "account", "reserved"};

void number_list_init(struct number_list *list)
{
	*list = (struct number_list){0};
	for (int column = 0; column < NUMBER_LIST_COLUMNS; column++)
		list->order[column] = column < NUMBER_LIST_FIELDS ? column : -1; /* the order of enum field */
}

/* The inside of a quoted field, into `text`; *line goes on behind the quote. */
static bool take_quoted(struct str *line, char text[FIELD_MAX + 1])
{
	size_t at = 1, len = 0;

	for (; at < line->len && len < FIELD_MAX; at++) {
		if (line->at[at] == '"') {
			if (at + 1 == line->len || line->at[at + 1] != '"')
				break;
			at++;
		}
		text[len++] = line->at[at];
	}
	if (at == line->len || line->at[at] != '"')
		return false;
	text[len] = '\0';
	*line = str_n(line->at + at + 1, line->len - at - 1);
	return true;
}

/* The next field of a CSV line; *line becomes the rest, STR_NONE at the end. False: not CSV. */
static bool take_field(struct str *line, char separator, char text[FIELD_MAX + 1])
{
	*line = str_trim(*line);
	if (line->len && line->at[0] == '"') {
		if (!take_quoted(line, text))
			return false;
		struct str between = str_trim(str_cut(*line, separator, line));
		return between.len == 0;
	}
	return str_copy(text, FIELD_MAX + 1, str_trim(str_cut(*line, separator, line)));
}

/* Spreadsheets of half the world write semicolons. */
static char separator_of(struct str line)
{
	if (memchr(line.at, ',', line.len))
		return ',';
	return memchr(line.at, ';', line.len) ? ';' : memchr(line.at, '\t', line.len) ? '\t' : ',';
}

static int field_of(struct str word)
{
	for (int i = 0; i < NUMBER_LIST_FIELDS; i++)
		if (str_equal_nocase(word, str_of(field_words[i])))
			return i;
	return -1;
}

/* A heading names its columns, "number" among them. */
static bool read_heading(struct number_list *list, struct str line)
{
	int order[NUMBER_LIST_COLUMNS];
	char separator = separator_of(line), text[FIELD_MAX + 1];
	bool number = false;

	for (int column = 0; column < NUMBER_LIST_COLUMNS; column++)
		order[column] = -1;
	for (int column = 0; line.at && column < NUMBER_LIST_COLUMNS; column++) {
		if (!take_field(&line, separator, text))
			return false;
		order[column] = field_of(str_of(text));
		number = number || order[column] == FIELD_NUMBER;
	}
	if (number)
		memcpy(list->order, order, sizeof order);
	return number;
}

static bool switch_of(struct str text, bool *ret_on)
{
	static const char *const on[] = {"yes", "true", "1", "reserved"}, *const off[] = {
										  "no", "false", "0", ""};

	for (int i = 0; i < 4; i++) {
		if (!str_equal_nocase(text, str_of(on[i])) && !str_equal_nocase(text, str_of(off[i])))
			continue;
		*ret_on = str_equal_nocase(text, str_of(on[i]));
		return true;
	}
	return false;
}

static enum err wrong(json_t *row, const char *why, const char **ret_why)
{
	json_decref(row);
	*ret_why = why;
	return ERR_BAD_REQUEST;
}

static enum err read_csv(struct number_list *list, struct str line, json_t **ret_row, const char **ret_why)
{
	char separator = separator_of(line), text[FIELD_MAX + 1];
	json_t *row = json_object();
	bool reserved = false;

	ASSERT(row);
	for (int column = 0; line.at; column++) {
		if (!take_field(&line, separator, text))
			return wrong(row, "this is not a line of CSV", ret_why);
		int field = column < NUMBER_LIST_COLUMNS ? list->order[column] : -1;
		if (field < 0)
			continue;
		if (field == FIELD_RESERVED) {
			if (!switch_of(str_of(text), &reserved))
				return wrong(row, "reserved is neither yes nor no", ret_why);
			json_object_set_new(row, field_words[field], json_boolean(reserved));
		} else if (text[0] && json_object_set_new(row, field_words[field], json_string(text)) != 0) {
			return wrong(row, "this is not UTF-8", ret_why);
		}
	}
	if (!json_object_get(row, "number"))
		return wrong(row, "there is no number in it", ret_why);
	*ret_row = row;
	return ERR_OK;
}

static enum err read_json(struct str line, json_t **ret_row, const char **ret_why)
{
	json_t *row = json_loadb(line.at, line.len, JSON_REJECT_DUPLICATES, NULL);

	if (!json_is_object(row))
		return wrong(row, "this is not a JSON object", ret_why);
	if (!json_is_string(json_object_get(row, "number")))
		return wrong(row, "there is no number in it", ret_why);
	*ret_row = row;
	return ERR_OK;
}

enum err number_list_read(struct number_list *list, struct str line, json_t **ret_row, const char **ret_why)
{
	json_t *row = NULL;
	enum err err;

	if (!list->any && str_starts(line, STR("\xEF\xBB\xBF"))) /* a byte order mark of a spreadsheet */
		line = str_n(line.at + 3, line.len - 3);
	line = str_trim(line);
	if (line.len == 0 || line.at[0] == '#') {
		*ret_row = NULL;
		return ERR_OK;
	}
	if (!list->any && line.at[0] != '{' && read_heading(list, line)) {
		list->any = true;
		*ret_row = NULL;
		return ERR_OK;
	}
	list->any = true;
	err = line.at[0] == '{' ? read_json(line, &row, ret_why) : read_csv(list, line, &row, ret_why);
	if (err)
		return err;
	if (list->provider && !json_object_get(row, "provider"))
		json_object_set_new(row, "provider", json_string(list->provider));
	if (list->account && !json_object_get(row, "account"))
		json_object_set_new(row, "account", json_string(list->account));
	if (list->reserved && !json_object_get(row, "reserved"))
		json_object_set_new(row, "reserved", json_true());
	*ret_row = row;
	return ERR_OK;
}
