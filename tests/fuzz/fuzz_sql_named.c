/* sql_named: any bytes are read or refused; what was read is the given text with numbers for names, and every
 * character of it has its place in the given one. */
#include "base/check.h"
#include "wire/sql_named.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const words[] = {"ref", "viewer", "role", "vn", "state", "e", "rev", NULL};

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Putting the names back gives the text. */
static void put_back(struct str text, const struct sql_named *named)
{
	const char *made = named->text;
	size_t at = 0;

	while (at < text.len) {
		if (*made == text.at[at]) {
			made++;
			at++;
			continue;
		}
		ASSERT(*made == '$' && text.at[at] == ':');
		int n = 0;
		while (*++made >= '0' && *made <= '9')
			n = n * 10 + *made - '0';
		ASSERT(n >= 1 && n <= named->params_n);
		struct str word = str_of(words[named->params[n - 1]]);
		ASSERT(text.len - at > word.len && memcmp(text.at + at + 1, word.at, word.len) == 0);
		at += 1 + word.len;
		ASSERT(at == text.len || !is_name(text.at[at]));
	}
	ASSERT(*made == '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_n((const char *)data, size);
	char error[SQL_NAMED_ERROR_SIZE];
	struct sql_named named;

	memset(error, 'x', sizeof error);
	if (sql_named_read(text, words, &named, error) != ERR_OK) {
		ASSERT(memchr(error, '\0', sizeof error) && error[0]);
		return 0;
	}
	ASSERT(named.params_n >= 0 && named.params_n <= SQL_NAMED_MAX);
	put_back(text, &named);
	int last = 1, end = (int)strlen(named.text) + 2;
	for (int position = 1; position <= end && end < 2000; position++) {
		int place = sql_named_position(text, &named, position);
		ASSERT(place >= last && place <= (int)size + 1);
		last = place;
	}
	sql_named_done(&named);
	return 0;
}
