#include "provider/sim_xml.h"

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
