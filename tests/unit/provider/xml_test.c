#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "page_end.h"
#include "provider/xml.h"

static struct arena arena;

static int set_up(void **state)
{
	(void)state;
	arena_init(&arena, 1 << 20);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_done(&arena);
	return 0;
}

static void a_document_becomes_its_tree(void **state)
{
	struct page_end copy =
		page_end_copy(STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
				  "<Response><Dial callerId = '+1' x=\"a&quot;b&amp;\" >\n <Number>"
				  " 12 </Number></Dial><Hangup/></Response>\n"));
	struct xml_node *root;

	(void)state;
	assert_int_equal(xml_parse(copy.text, &arena, &root), ERR_OK);
	assert_true(str_equal(root->name, STR("Response")));
	struct xml_node *dial = root->child;
	assert_true(str_equal(dial->name, STR("Dial")));
	assert_true(str_equal(xml_attribute(dial, "callerId"), STR("+1")));
	assert_true(str_equal(xml_attribute(dial, "x"), STR("a\"b&")));
	assert_null(xml_attribute(dial, "y").at);
	assert_true(str_equal(dial->child->text, STR("12")));
	assert_true(str_equal(dial->next->name, STR("Hangup")));
	assert_null(dial->next->next);
	page_end_free(&copy);
}

static void what_is_not_well_formed_is_refused(void **state)
{
	static const char *const broken[] = {"", " ", "<", "<a", "<a>", "<a></b>", "<a/><b/>", "<a/>x",
		"x<a/>", "<a b/>", "<a b=c/>", "<a b=\"c/>", "<a b=\"<\"/>", "<a b=\"&\"/>",
		"<a b=\"&nbsp;\"/>", "<a b=\"1\" b=\"2\"/>", "<a b=\"1\"c=\"2\"/>", "<a>&</a>", "<a>\x01</a>",
		"<1/>", "< a/>", "<a><!-- x --></a>", "<a><b></a></b>", "<?xml version=\"1.1\"?><a/>",
		"<!DOCTYPE a><a/>", "<a>x<b/>y</a>", "</a>", "<a/", "<a b", "<a b=", "<a><"};
	struct xml_node *root;

	(void)state;
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
		struct page_end copy = page_end_copy(str_of(broken[i]));
		if (xml_parse(copy.text, &arena, &root) != ERR_BAD_REQUEST)
			fail_msg("taken: %s", broken[i]);
		page_end_free(&copy);
	}
}

static void depth_width_and_attributes_have_limits(void **state)
{
	char text[4096];
	struct buf out;
	struct xml_node *root;

	(void)state;
	for (int depth = XML_DEPTH_MAX; depth <= XML_DEPTH_MAX + 1; depth++) {
		buf_fixed(&out, text, sizeof text);
		for (int i = 0; i < depth; i++)
			buf_lit(&out, "<a>");
		for (int i = 0; i < depth; i++)
			buf_lit(&out, "</a>");
		assert_int_equal(xml_parse(buf_text(&out), &arena, &root),
			depth > XML_DEPTH_MAX ? ERR_TOO_LARGE : ERR_OK);
	}
	for (int nodes = XML_NODES_MAX; nodes <= XML_NODES_MAX + 1; nodes++) {
		buf_fixed(&out, text, sizeof text);
		buf_lit(&out, "<a>");
		for (int i = 1; i < nodes; i++)
			buf_lit(&out, "<b/>");
		buf_lit(&out, "</a>");
		assert_int_equal(xml_parse(buf_text(&out), &arena, &root),
			nodes > XML_NODES_MAX ? ERR_TOO_LARGE : ERR_OK);
	}
	for (int attributes = XML_ATTRIBUTES_MAX; attributes <= XML_ATTRIBUTES_MAX + 1; attributes++) {
		buf_fixed(&out, text, sizeof text);
		buf_lit(&out, "<a");
		for (int i = 0; i < attributes; i++)
			buf_fmt(&out, " a%d=\"\"", i);
		buf_lit(&out, "/>");
		assert_int_equal(xml_parse(buf_text(&out), &arena, &root),
			attributes > XML_ATTRIBUTES_MAX ? ERR_TOO_LARGE : ERR_OK);
	}
}

static void what_is_written_is_read_back_whatever_the_byte(void **state)
{
	char text[64];
	struct buf out;
	struct xml_node *root;

	(void)state;
	for (int c = 0; c < 256; c++) {
		char byte = (char)c;
		bool kept = c >= 0x20 || c == '\t' || c == '\n' || c == '\r';
		buf_fixed(&out, text, sizeof text);
		buf_lit(&out, "<a b=\"");
		xml_put(&out, str_n(&byte, 1));
		buf_lit(&out, "\"/>");
		assert_true(buf_ok(&out));
		assert_int_equal(xml_parse(buf_text(&out), &arena, &root), ERR_OK);
		struct str value = xml_attribute(root, "b");
		assert_int_equal(value.len, kept);
		if (kept)
			assert_int_equal(value.at[0], byte);
	}
}

static void answers_may_hold_what_instructions_may_not(void **state)
{
	struct page_end copy = page_end_copy(STR("<?xml version='1.0' encoding='utf-8' standalone=\"yes\"?>\n"
						 "<!-- a --><x:r xmlns:x=\"urn:x\">"
						 "<a><!-- <b> -->&#52;&#x31;&#233;&amp;<!-- --></a>"
						 "<c/><a>2</a></x:r><!-- -->\n"));
	struct xml_node *root;

	(void)state;
	assert_int_equal(xml_parse(copy.text, &arena, &root), ERR_BAD_REQUEST);
	assert_int_equal(xml_parse_answer(copy.text, 4, &arena, &root), ERR_OK);
	assert_true(str_equal(root->name, STR("x:r")));
	assert_true(str_equal(xml_child_text(root, "a"), STR("41?&")));
	assert_true(str_equal(xml_again(xml_child(root, "a"))->text, STR("2")));
	assert_null(xml_again(xml_again(xml_child(root, "a"))));
	assert_null(xml_child(root, "b"));
	assert_null(xml_child(NULL, "a"));
	assert_null(xml_child_text(root, "b").at);
	assert_null(xml_child_text(NULL, "b").at);
	assert_int_equal(xml_parse_answer(copy.text, 3, &arena, &root), ERR_TOO_LARGE);
	page_end_free(&copy);
}

static void what_is_not_well_formed_is_refused_in_answers_too(void **state)
{
	static const char *const broken[] = {"", "<?xml", "<?xml <a/>", "<!-- <a/>", "<a><!-- </a>",
		"<a><!- x --></a>", "<a>&#;</a>", "<a>&#x;</a>", "<a>&#0;</a>", "<a>&#1;</a>", "<a>&#12</a>",
		"<a>&#4x;</a>", "<a>&#99999999999999999999;</a>", "<a>&nbsp;</a>", "<:a/>",
		"<a><![CDATA[x]]></a>", "<!DOCTYPE a><a/>", "<a>x<!-- -->y</a>", "<a>x<b/>y</a>", "<a/><a/>"};
	struct xml_node *root;

	(void)state;
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
		struct page_end copy = page_end_copy(str_of(broken[i]));
		if (xml_parse_answer(copy.text, 10, &arena, &root) != ERR_BAD_REQUEST)
			fail_msg("taken: %s", broken[i]);
		page_end_free(&copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_document_becomes_its_tree, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_not_well_formed_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			answers_may_hold_what_instructions_may_not, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			what_is_not_well_formed_is_refused_in_answers_too, set_up, tear_down),
		cmocka_unit_test_setup_teardown(depth_width_and_attributes_have_limits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			what_is_written_is_read_back_whatever_the_byte, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
