/* Where the port stands in a URL that was signed: beside hosts of all kinds, and where there is none. */
#include "unit/test.h"

#include "page_end.h"
#include "provider/signed_url.h"

struct cut {
	const char *url, *before, *port, *other_port, *after;
};

static void a_url_is_cut_at_its_port(void **state)
{
	static const struct cut cuts[] = {
		{"https://vn.example.com/a?b=c", "https://vn.example.com", "", ":443", "/a?b=c"},
		{"http://vn.example.com/a", "http://vn.example.com", "", ":80", "/a"},
		{"HTTPS://vn.example.com:8443/a", "HTTPS://vn.example.com", ":8443", "", "/a"},
		{"https://vn.example.com", "https://vn.example.com", "", ":443", ""},
		{"https://vn.example.com:443", "https://vn.example.com", ":443", "", ""},
		{"https://vn.example.com?a=b:c", "https://vn.example.com", "", ":443", "?a=b:c"},
		{"https://vn.example.com#a:b", "https://vn.example.com", "", ":443", "#a:b"},
		{"https://user:word@vn.example.com/a", "https://user:word@vn.example.com", "", ":443", "/a"},
		{"https://user:word@vn.example.com:81/a", "https://user:word@vn.example.com", ":81", "", "/a"},
		{"https://[2001:db8::1]/a", "https://[2001:db8::1]", "", ":443", "/a"},
		{"https://[2001:db8::1]:81/a:b", "https://[2001:db8::1]", ":81", "", "/a:b"},
		{"ws://h/a", "ws://h", "", ":80", "/a"},
		{"://", "://", "", ":80", ""},
		{"https://", "https://", "", ":443", ""},
		{"/hooks/a:80", "/hooks/a:80", "", ":80", ""},
		{"", "", "", ":80", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
		struct page_end copy = page_end_copy(str_of(cuts[i].url));
		struct signed_url url = signed_url_cut(copy.text);
		if (!str_equal(url.before, str_of(cuts[i].before)) || !str_equal(url.port, str_of(cuts[i].port)) ||
			!str_equal(url.other_port, str_of(cuts[i].other_port)) || !str_equal(url.after, str_of(cuts[i].after)))
			fail_msg("cut wrongly: %s", cuts[i].url);
		page_end_free(&copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_url_is_cut_at_its_port),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
