#include "provider/sim_xml.h"

#include "provider/sim.h"

bool sim_xml_count(const struct xml_node *node, const char *name, uint32_t fallback, uint32_t max, uint32_t *ret_count)
{
	struct str text = xml_attribute(node, name);
	uint64_t count = fallback;

	if (text.at && (!str_u64(text, &count) || count < 1 || count > max))
		return false;
	*ret_count = (uint32_t)count;
	return true;
}

bool sim_xml_attributes_known(const struct xml_node *node, const char *const *known)
{
	for (int i = 0; i < node->attributes_n; i++) {
		int k = 0;
		while (known[k] && !str_equal(str_of(known[k]), node->attributes[i].name))
			k++;
		if (!known[k])
			return false;
	}
	return true;
}

bool sim_xml_is_alone(const struct xml_node *node, const char *name)
{
	return node && str_equal(node->name, str_of(name)) && !node->child && !node->next;
}

#define READ_MEMORY_MAX (64 * 1024)

static bool read_message(const struct xml_node *message, const struct sim_xml_message *words, struct sim_text *text)
{
	struct str shown = xml_attribute(message, words->from);

	text->goes = true;
	return sim_xml_is_alone(message, "Message") && sim_xml_attributes_known(message, words->known) &&
	       message->text.len && number_parse_digits(xml_attribute(message, words->to), &text->to) == ERR_OK &&
	       (!shown.at || number_parse_digits(shown, &text->shown) == ERR_OK) &&
	       str_copy(text->body, sizeof text->body, message->text) &&
	       str_copy(text->status_url, sizeof text->status_url, sim_target(xml_attribute(message, words->status)));
}

enum err sim_xml_message(struct str document, const struct sim_xml_message *words, struct sim_text *ret_text)
{
	struct sim_text text = {0};
	struct xml_node *root;
	struct arena arena;

	arena_init(&arena, READ_MEMORY_MAX);
	enum err err = xml_parse(document, &arena, &root);
	if (!err && (!str_equal(root->name, STR("Response")) || root->text.len ||
		(root->child && !read_message(root->child, words, &text))))
		err = ERR_BAD_REQUEST;
	arena_done(&arena);
	if (!err)
		*ret_text = text;
	return err;
}
