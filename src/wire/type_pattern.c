#include "wire/type_pattern.h"

static bool is_word(struct str word)
{
	for (size_t i = 0; i < word.len; i++) {
		char c = word.at[i];
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'))
			return false;
	}
	return word.len > 0;
}

bool type_pattern_ok(struct str pattern)
{
	struct str rest = pattern;

	if (pattern.len > TYPE_PATTERN_MAX)
		return false;
	do {
		struct str word = str_cut(rest, '.', &rest);
		if (!rest.at && str_equal(word, STR("*")))
			return true;
		if (!is_word(word))
			return false;
	} while (rest.at);
	return true;
}

bool type_pattern_holds(struct str pattern, struct str type)
{
	if (pattern.len && pattern.at[pattern.len - 1] == '*')
		return str_starts(type, str_n(pattern.at, pattern.len - 1));
	return str_equal(pattern, type);
}
