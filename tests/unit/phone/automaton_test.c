#include "unit/test.h"

#include <regex.h>

#include "base/hash.h"
#include "phone/automaton.h"

static uint64_t tags_of(const struct automaton *automaton, const char *digits)
{
	uint32_t state = AUTOMATON_START;

	for (; *digits; digits++)
		state = automaton->next[state][*digits - '0'];
	return automaton->tags[state];
}

static struct automaton *one(const char *pattern)
{
	return automaton_new(&(struct automaton_pattern){pattern, 1}, 1);
}

static bool matches(const char *pattern, const char *digits)
{
	struct automaton *automaton = one(pattern);

	assert_non_null(automaton);
	bool match = tags_of(automaton, digits);
	automaton_free(automaton);
	return match;
}

static void a_pattern_matches_whole_numbers_alone(void **state)
{
	(void)state;
	assert_true(matches("80[08]\\d{7}|800\\d{6}|8001111", "8001111"));
	assert_true(matches("80[08]\\d{7}|800\\d{6}|8001111", "800123456"));
	assert_true(matches("80[08]\\d{7}|800\\d{6}|8001111", "8081234567"));
	assert_false(matches("80[08]\\d{7}|800\\d{6}|8001111", "8091234567"));
	assert_false(matches("80[08]\\d{7}|800\\d{6}|8001111", "80012345"));
	assert_false(matches("80[08]\\d{7}|800\\d{6}|8001111", "80811111111"));
}

static void optional_pieces_may_be_missing(void **state)
{
	(void)state;
	assert_true(matches("(?:0|90)(?:(1[245]|2[1-35])(\\d{2,3}))?", "0"));
	assert_true(matches("(?:0|90)(?:(1[245]|2[1-35])(\\d{2,3}))?", "901512"));
	assert_true(matches("(?:0|90)(?:(1[245]|2[1-35])(\\d{2,3}))?", "012123"));
	assert_false(matches("(?:0|90)(?:(1[245]|2[1-35])(\\d{2,3}))?", "0121"));
	assert_true(matches("1?2{0,2}", ""));
	assert_true(matches("1?2{0,2}", "122"));
	assert_false(matches("1?2{0,2}", "1222"));
	assert_true(matches("(?:|7)5", "5"));
	assert_true(matches("(?:|7)5", "75"));
}

static void each_state_has_the_tags_of_all_patterns_that_match(void **state)
{
	static const struct automaton_pattern patterns[] = {{"1\\d{2}", 1}, {"12", 2}, {"[1-3]2\\d", 4}, {"9", 8}};
	struct automaton *automaton = automaton_new(patterns, 4);

	(void)state;
	assert_non_null(automaton);
	assert_int_equal(tags_of(automaton, "123"), 5);
	assert_int_equal(tags_of(automaton, "12"), 2);
	assert_int_equal(tags_of(automaton, "133"), 1);
	assert_int_equal(tags_of(automaton, "323"), 4);
	assert_int_equal(tags_of(automaton, "9"), 8);
	assert_int_equal(tags_of(automaton, "91"), 0);
	assert_int_equal(automaton->next[AUTOMATON_START][8], AUTOMATON_DEAD);
	for (int digit = 0; digit < 10; digit++)
		assert_int_equal(automaton->next[AUTOMATON_DEAD][digit], AUTOMATON_DEAD);
	automaton_free(automaton);
}

static void tails_that_alternatives_share_are_there_once(void **state)
{
	struct automaton *automaton = one("12\\d{6}|34\\d{6}|5(?:67|89)\\d{5}|7\\d{7}");

	(void)state;
	assert_non_null(automaton);
	assert_true(automaton->states <= 2 + 14);
	automaton_free(automaton);
}

static void patterns_written_otherwise_are_refused(void **state)
{
	static const char *const patterns[] = {"1*", "1+", "1{2}?", "1??", "[^1]", "[1", "1]x", "(1", "1)", "(?=1)2", "(?!1)2",
		"([457]\\d{6})$", "\\D", "\\", "a", ".", "[]", "[9-1]", "[1-]", "[a-z]", "1{3,2}", "1{", "1{2", "1{,2}",
		"1{99}", "1{2,99}", "?", "{2}", "(?)", "1|(2", "[\\d]", NULL};

	(void)state;
	for (int i = 0; patterns[i]; i++)
		if (one(patterns[i]))
			fail_msg("taken: %s", patterns[i]);
	assert_null(automaton_new(NULL, 0));
}

static void more_than_the_maxima_is_refused(void **state)
{
	enum { DEEP = AUTOMATON_DEPTH_MAX + 2 };
	static char deep[2 * DEEP + 2], row[DEEP + 1], many[64 * 1024];
	size_t n = 0;

	(void)state;
	memset(deep, '(', DEEP);
	deep[DEEP] = '1';
	memset(deep + DEEP + 1, ')', DEEP);
	assert_null(one(deep));
	memset(row, '1', DEEP);
	assert_null(one(row));
	row[AUTOMATON_DEPTH_MAX] = '\0';
	struct automaton *automaton = one(row);
	assert_non_null(automaton);
	automaton_free(automaton);
	/* A digit, and another one n digits behind it: what came has to be known for n digits, 2^n states. */
	assert_null(one("(?:\\d{0,32}1\\d{14})"));
	/* Words of 32 random digits share no tail. */
	struct random random = {1};
	while (n < sizeof many - 40) {
		for (int i = 0; i < 32; i++)
			many[n++] = (char)('0' + random_below(&random, 10));
		many[n++] = '|';
	}
	many[n - 1] = '\0';
	assert_null(one(many));
}

/* --- against the C library's regular expressions --- */

static void append(char *text, const char *more)
{
	size_t len = strlen(text);

	memcpy(text + len, more, strlen(more) + 1);
}

/* A pattern, ours and as POSIX writes it. */
static void random_pattern(struct random *random, int depth, char *ours, char *posix)
{
	static const char *const repeats[] = {"", "", "", "?", "{2}", "{1,3}", "{0,2}"};
	int pieces = 1 + (int)random_below(random, 3);

	for (int i = 0; i < pieces; i++) {
		uint32_t kind = random_below(random, depth > 1 ? 3 : 5);
		char digit[8];
		if (kind == 0) {
			append(ours, "\\d");
			append(posix, "[0-9]");
		} else if (kind == 1) {
			snprintf(digit, sizeof digit, "%u", random_below(random, 4));
			append(ours, digit);
			append(posix, digit);
		} else if (kind == 2) {
			snprintf(digit, sizeof digit, "[%u-%u]", random_below(random, 2), 2 + random_below(random, 2));
			append(ours, digit);
			append(posix, digit);
		} else {
			append(ours, kind == 3 ? "(?:" : "(");
			append(posix, "(");
			for (uint32_t n = random_below(random, 3);; n--) {
				random_pattern(random, depth + 1, ours, posix);
				if (n == 0)
					break;
				append(ours, "|");
				append(posix, "|");
			}
			append(ours, ")");
			append(posix, ")");
		}
		const char *repeat = repeats[random_below(random, sizeof repeats / sizeof *repeats)];
		append(ours, repeat);
		append(posix, repeat);
	}
}

static void it_matches_what_regular_expressions_match(void **state)
{
	static char ours[1 << 16], posix[1 << 16];
	struct random random = {test_seed()};
	int matched = 0, refused = 0; /* groups repeated in groups grow past the maxima */

	(void)state;
	for (int i = 0; i < 300; i++) {
		regex_t regex;
		ours[0] = '\0';
		memcpy(posix, "^(", 3);
		random_pattern(&random, 0, ours, posix);
		append(posix, ")$");
		struct automaton *automaton = one(ours);
		if (!automaton) {
			refused++;
			continue;
		}
		assert_int_equal(regcomp(&regex, posix, REG_EXTENDED | REG_NOSUB), 0);
		for (int n = 0; n < 200; n++) {
			char digits[9];
			size_t len = random_below(&random, sizeof digits);
			for (size_t d = 0; d < len; d++)
				digits[d] = (char)('0' + random_below(&random, 4));
			digits[len] = '\0';
			bool match = regexec(&regex, digits, 0, NULL, 0) == 0;
			if (match != (tags_of(automaton, digits) != 0))
				fail_msg("%s and %s: %d", ours, digits, match);
			matched += match;
		}
		automaton_free(automaton);
		regfree(&regex);
	}
	assert_true(matched > 1000);
	assert_true(refused < 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pattern_matches_whole_numbers_alone),
		cmocka_unit_test(optional_pieces_may_be_missing),
		cmocka_unit_test(each_state_has_the_tags_of_all_patterns_that_match),
		cmocka_unit_test(tails_that_alternatives_share_are_there_once),
		cmocka_unit_test(patterns_written_otherwise_are_refused),
		cmocka_unit_test(more_than_the_maxima_is_refused),
		cmocka_unit_test(it_matches_what_regular_expressions_match),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
