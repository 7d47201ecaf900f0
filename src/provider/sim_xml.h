/* sim_xml: how the simulated providers that speak XML read our documents. */
#ifndef PROVIDER_SIM_XML_H
#define PROVIDER_SIM_XML_H

#include "provider/provider.h"
#include "provider/xml.h"

/* A whole number of 1..max in an attribute, `fallback` where it is not given. */
bool sim_xml_count(const struct xml_node *node, const char *name, uint32_t fallback, uint32_t max, uint32_t *ret_count);

/* It has no attributes but these; NULL ends. */
bool sim_xml_attributes_known(const struct xml_node *node, const char *const *known);

/* It is an element of that name, with nothing in it but text and nothing behind it. */
bool sim_xml_is_alone(const struct xml_node *node, const char *name);

/* A <Response> with one <Message> or none, in a provider's words for who gets it, who it is from, and where reports go.
 * Numbers with '+' or without. ERR_BAD_REQUEST: it would not be understood. */
struct sim_xml_message {
	const char *to, *from, *status;
	const char *known[8]; /* its attributes; NULL ends */
};
MUST_CHECK enum err sim_xml_message(struct str document, const struct sim_xml_message *words,
	struct sim_text *ret_text);

#endif
