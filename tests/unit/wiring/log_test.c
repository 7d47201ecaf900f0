#include "unit/test.h"

#include <errno.h>
#include <pthread.h>

#include "log.h"

static int pipe_ends[2];
static char got[70000];
static int64_t clock_ms = 1763805600123; /* 2025-11-22T10:00:00.123Z */

static int64_t now_ms(void)
{
	return clock_ms;
}

static void begin(enum log_level level, enum log_format format)
{
	if (!pipe_ends[1])
		assert_int_equal(pipe(pipe_ends), 0);
	log_init(&(struct log_options){.fd = pipe_ends[1], .level = level, .format = format, .now_ms = now_ms});
}

/* What was written since. */
static const char *written(void)
{
	ssize_t n;

	assert_int_equal(write(pipe_ends[1], "", 1), 1);
	size_t len = 0;
	do {
		n = read(pipe_ends[0], got + len, sizeof got - len);
		assert_true(n > 0);
		len += (size_t)n;
	} while (got[len - 1] != '\0');
	return got;
}

static void a_line_is_logfmt_with_time_level_and_message(void **state)
{
	char number[LOG_NUMBER_SIZE];

	(void)state;
	begin(LOG_INFO, LOG_LOGFMT);
	errno = 7;
	log_info("store opened", "path", "/var/lib", "quoted", "a \"b\"\n=", "sessions_n", log_number(12, number),
		"nothing", (const char *)NULL);
	assert_int_equal(errno, 7);
	assert_string_equal(written(), "ts=2025-11-22T10:00:00.123Z level=info msg=\"store opened\" path=/var/lib "
		"quoted=\"a \\\"b\\\"\\u000a=\" sessions_n=12 nothing=\"\"\n");
}

static void a_line_is_json_when_asked_for(void **state)
{
	(void)state;
	begin(LOG_DEBUG, LOG_JSON);
	log_debug("ready", "url", "http://127.0.0.1:8080", "odd", "\x01");
	assert_string_equal(written(), "{\"ts\":\"2025-11-22T10:00:00.123Z\",\"level\":\"debug\",\"msg\":\"ready\","
		"\"url\":\"http://127.0.0.1:8080\",\"odd\":\"\\u0001\"}\n");
}

static void lines_below_the_level_are_not_written(void **state)
{
	enum log_level level = LOG_ERROR;
	enum log_format format = LOG_LOGFMT;

	(void)state;
	begin(LOG_WARN, LOG_LOGFMT);
	log_info("quiet");
	log_debug("quieter");
	assert_string_equal(written(), "");
	log_warn("loud");
	assert_non_null(strstr(written(), "level=warn msg=loud\n"));
	assert_true(log_level_parse("debug", &level));
	assert_int_equal(level, LOG_DEBUG);
	assert_false(log_level_parse("loud", &level));
	assert_true(log_format_parse("json", &format));
	assert_int_equal(format, LOG_JSON);
	assert_false(log_format_parse("xml", &format));
}

static void what_could_be_a_real_number_becomes_stars(void **state)
{
	static const char *const cases[][2] = {
		{"+6281234567210", "+*************"},
		{"call from +6281234567210 refused", "call from +************* refused"},
		{"+62 812-3456 7210", "+** ***-**** ****"},
		{"+1 (415) 555-0123.", "+* (***) ***-****."},
		{"6281234567210", "*************"},
		{"id=ses_01&From=%2B6281234567210&x", "id=ses_01&From=%2B*************&x"},
		{"+1234567", "+1234567"},
		{"123456789", "123456789"},
		{"2026-11-22T10:00:00Z", "2026-11-22T10:00:00Z"},
		{"127.0.0.1:8080", "127.0.0.1:8080"},
		{"++14155550123+", "++***********+"},
		{"a+1 2 b 12345678901", "a+1 2 b ***********"},
		{"+62*******210", "+62*******210"},
		{"", ""},
		{"+", "+"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[64];
		snprintf(text, sizeof text, "%s", cases[i][0]);
		log_mask(text);
		assert_string_equal(text, cases[i][1]);
	}
}

static void only_fields_of_vns_ids_and_counts_keep_their_digits(void **state)
{
	(void)state;
	begin(LOG_INFO, LOG_LOGFMT);
	log_info("from +6281234567210", "to", "+14155550123", "vn", "+622150001234", "call_id", "12345678901234",
		"used_bytes", "12345678901", "file", "/x/+14155550123.db");
	assert_non_null(strstr(written(), "msg=\"from +*************\" to=+*********** vn=+622150001234 "
		"call_id=12345678901234 used_bytes=12345678901 file=/x/+***********.db\n"));
}

static void repeats_are_kept_back_and_counted(void **state)
{
	(void)state;
	begin(LOG_INFO, LOG_LOGFMT);
	for (int i = 0; i < LOG_BURST + 5; i++)
		log_warn("again");
	log_warn("another");
	int lines = 0;
	for (const char *c = written(); *c; c++)
		lines += *c == '\n';
	assert_int_equal(lines, LOG_BURST + 1);
	clock_ms += LOG_WINDOW_MS;
	log_warn("again");
	assert_non_null(strstr(written(), "msg=again repeated_n=5\n"));
	clock_ms += LOG_WINDOW_MS;
	log_warn("again");
	assert_null(strstr(written(), "repeated_n"));
}

static void a_line_too_long_loses_whole_fields_and_stays_one_line(void **state)
{
	char large[3000];

	(void)state;
	begin(LOG_INFO, LOG_JSON);
	memset(large, '\x02', sizeof large - 1);
	large[sizeof large - 1] = '\0';
	log_info("large", "first", large, "second", "here");
	const char *line = written();
	assert_null(strstr(line, "first"));
	assert_non_null(strstr(line, "\"second\":\"here\"}\n"));
}

static void *write_many(void *name)
{
	for (int i = 0; i < 100; i++) {
		char message[32];
		snprintf(message, sizeof message, "%s%d", (const char *)name, i);
		log_info(message, "key", "a value with spaces");
	}
	return NULL;
}

static void lines_of_several_threads_do_not_mix(void **state)
{
	pthread_t threads[4];
	char names[4][2] = {"a", "b", "c", "d"};
	int lines = 0;

	(void)state;
	begin(LOG_INFO, LOG_LOGFMT);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, write_many, names[i]), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	for (char *line = (char *)written(), *end; (end = strchr(line, '\n')); line = end + 1, lines++) {
		*end = '\0';
		assert_int_equal(strncmp(line, "ts=2025", 7), 0);
		assert_string_equal(end - 26, " key=\"a value with spaces\"");
	}
	assert_int_equal(lines, 400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_logfmt_with_time_level_and_message),
		cmocka_unit_test(a_line_is_json_when_asked_for),
		cmocka_unit_test(lines_below_the_level_are_not_written),
		cmocka_unit_test(what_could_be_a_real_number_becomes_stars),
		cmocka_unit_test(only_fields_of_vns_ids_and_counts_keep_their_digits),
		cmocka_unit_test(repeats_are_kept_back_and_counted),
		cmocka_unit_test(a_line_too_long_loses_whole_fields_and_stays_one_line),
		cmocka_unit_test(lines_of_several_threads_do_not_mix),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
